"""Words that say only that a photo is meant ("a photo of a dog"): every photo is one, so they say nothing of it."""

BEFORE = (
    r"(?:(?:an?|the|some) )?(?:photo|photograph|picture|image|pic|snapshot)s? (?:of|showing) ",
    r"(?:(?:ein|das|die) )?(?:foto|bild)(?:s|er)? (?:von|mit) ",
    r"(?:(?:une|la|des|les) )?(?:photo|image)s? (?:de |avec |d['’])",
    r"(?:(?:una|la|unas|las) )?(?:foto|fotografía|imagen|imágene)s? (?:de|con) ",
    r"(?:(?:una|la|delle|le) )?(?:foto|fotografia|immagin[ei]) (?:di|con) ",
    r"(?:(?:uma|a|umas|as) )?(?:foto|fotografia|image[mn])s? (?:de|com) ",
    r"(?:(?:een|de) )?(?:foto|afbeelding)(?:['’]s|en)? (?:van|met) ",
    r"zdjęci[ea] (?:z )?",
    r"(?:fotka|fotografie|obrázek) ",
    r"(?:фото|фотография|фотографии|картинка) ",
    r"(?:світлина|зображення) ",
    r"(?:bức )?(?:ảnh|hình) (?:về |của |chụp )",
    r"صورة ",
)
AFTER = (
    r" (?:fotoğrafı|fotoğrafları|resmi)",
    r" (?:की|का|के) (?:तस्वीर|फोटो|फ़ोटो)",
    r"的(?:照片|相片|图片|圖片)",
    r"の(?:写真|画像)",
    r"(?: ?의)? 사진",
)
PHOTO_OF = rf"^(?:{'|'.join(BEFORE)})(?=\S)|(?<=\S)(?:{'|'.join(AFTER)})$"
"""Regular expression for a text in lower case without spaces at its ends; something always remains."""
