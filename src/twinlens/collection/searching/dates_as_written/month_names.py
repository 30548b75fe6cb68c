"""Names of months, January first, in the forms that dates have."""

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": (
        "styczeń/stycznia/styczniu luty/lutego/lutym marzec/marca/marcu kwiecień/kwietnia/kwietniu maj/maja/maju "
        "czerwiec/czerwca/czerwcu lipiec/lipca/lipcu sierpień/sierpnia/sierpniu wrzesień/września/wrześniu "
        "październik/października/październiku listopad/listopada/listopadzie grudzień/grudnia/grudniu"
    ),
    "cs": (
        "leden/ledna/lednu únor/února/únoru březen/března/březnu duben/dubna/dubnu květen/května/květnu "
        "červen/června/červnu červenec/července/červenci srpen/srpna/srpnu září říjen/října/říjnu "
        "listopad/listopadu prosinec/prosince/prosinci"
    ),
    "ru": (
        "январь/января/январе февраль/февраля/феврале март/марта/марте апрель/апреля/апреле май/мая/мае "
        "июнь/июня/июне июль/июля/июле август/августа/августе сентябрь/сентября/сентябре "
        "октябрь/октября/октябре ноябрь/ноября/ноябре декабрь/декабря/декабре"
    ),
    "uk": (
        "січень/січня/січні лютий/лютого/лютому березень/березня/березні квітень/квітня/квітні "
        "травень/травня/травні червень/червня/червні липень/липня/липні серпень/серпня/серпні "
        "вересень/вересня/вересні жовтень/жовтня/жовтні листопад/листопада/листопаді грудень/грудня/грудні"
    ),
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "zh": "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
    "ja": "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
    "ko": "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
}
"""By language; forms of one month with "/" between."""

SHORT_MONTHS = (
    "jan/janv/jän/jänner/ene/gen feb/fev/fevr/febr mar/mär/maerz/mrt apr/avr/abr mag jun/giu jul/juil/lug aug "
    "sep/sept/setiembre oct/okt/ott nov dec/dez/dic"
).split()
"""Short and other forms; those are left out that are common words: out, set, ago."""
