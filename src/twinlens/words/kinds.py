"""Kinds of what a broad word means: photos of a man are photos of people, though few would be called that."""

PEOPLE = ("people", "a man", "a woman", "a child", "a family", "a player")
CHILDREN = ("a child", "a boy", "a girl", "a baby")
WOMEN = ("a woman", "a girl")
MEN = ("a man", "a boy")
ANIMALS = ("an animal", "a dog", "a cat", "a horse", "a bird", "a cow")
VEHICLES = ("a vehicle", "a car", "a truck", "a bus", "a motorcycle", "a bicycle")

_WORDS = {
    PEOPLE: "people person persons humans human anyone anybody someone somebody menschen "
    "leute personen person mensch gens personne personnes gente personas persona persone pessoas pessoa "
    "mensen persoon ludzie ludzi osoby osób osoba lidé lidi lidí osob люди людей человек человека людина "
    "insan insanlar ناس أشخاص लोग người 人 人们 人物 사람 사람들",
    CHILDREN: "child children kid kids kinder kind enfants enfant niños niñas niño bambini bambino crianças criança "
    "kinderen dzieci děti дети детей діти çocuk çocuklar أطفال बच्चे 孩子 儿童 子供 아이 아이들",
    WOMEN: "woman women frau frauen femme femmes mujer mujeres donna donne mulher mulheres vrouw vrouwen kobieta "
    "kobiety žena ženy женщина женщины женщин жінка kadın kadınlar نساء امرأة महिला 女人 女性 여자 여성",
    MEN: "man men mann männer homme hommes hombre hombres uomo uomini homem homens mannen mężczyzna muž muži мужчина "
    "мужчины мужчин чоловік adam erkek رجل رجال आदमी 男人 男性 남자 남성",
    ANIMALS: "animal animals tiere tier animaux animales animali animale animais dieren dier zwierzęta zwierzę zvířata "
    "zvíře животные животное тварини hayvan hayvanlar حيوانات जानवर 动物 動物 동물",
    VEHICLES: "vehicle vehicles fahrzeuge fahrzeug véhicules vehículos veicoli veículos voertuigen pojazdy vozidla "
    "транспорт araç araçlar مركبات वाहन 车辆 乗り物 차량",
}
_KINDS = {word: kinds for kinds, words in _WORDS.items() for word in words.split()}
_KINDS |= {"phụ nữ": WOMEN, "đàn ông": MEN, "trẻ em": CHILDREN, "động vật": ANIMALS, "xe cộ": VEHICLES}


def kinds_of(word: str) -> tuple[str, ...]:
    """What photos of a broad word are called, in English; empty for other words.

    >>> kinds_of("Menschen")[:3], kinds_of("a red car")
    (('people', 'a man', 'a woman'), ())
    """
    return _KINDS.get(word.casefold().strip(" .!?,"), ())
