import pytest

from twinlens.data.metadata.said import Said
from twinlens.data.metadata.xml_tree import XmlError
from twinlens.data.metadata.xmp import read_xmp

SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "acdsee-rs": "http://ns.acdsee.com/regions/",
}


def packet(inside: str = "", attributes: str = "") -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def listed(name: str, *items: str, kind: str = "Bag") -> str:
    inside = "".join(f"<rdf:li>{item}</rdf:li>" for item in items)
    return f"<{name}><rdf:{kind}>{inside}</rdf:{kind}></{name}>"


def test_texts_are_those_of_the_default_language():
    title = '<rdf:li xml:lang="de">Strand</rdf:li><rdf:li xml:lang="x-default">On the\n beach</rdf:li>'
    said = read_xmp(
        packet(f"<dc:title><rdf:Alt>{title}</rdf:Alt></dc:title>" + listed("dc:description", "Ana &amp; Rex"))
    )
    assert (said.title, said.description) == ("On the beach", "Ana & Rex")


def test_keywords_with_parts_take_in_the_flat_ones():
    said = read_xmp(
        packet(
            listed("dc:subject", "dog", "Animals", "snow")
            + listed("lr:hierarchicalSubject", "Animals|Dog", "Animals")
            + listed("digiKam:TagsList", "Places/Italy/Rome", "Animals/Dog", kind="Seq")
        )
    )
    assert said.keywords == ("Animals|Dog", "Places|Italy|Rome", "snow")


@pytest.mark.parametrize(
    "region",
    [
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<mwg-rs:Name>Ana Silva</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type></rdf:li>"
        "<rdf:li><rdf:Description mwg-rs:Name='Shop' mwg-rs:Type='BarCode'/></rdf:li>"
        "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>",
        '<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Ana Silva" '
        'mwg-rs:Type="Face"/></rdf:li></rdf:Bag></mwg-rs:RegionList></rdf:Description></mwg-rs:Regions>',
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li '
        'MPReg:PersonDisplayName="Ana Silva" MPReg:Rectangle="0.1, 0.2, 0.3, 0.4"/></rdf:Bag></MPRI:Regions>'
        "</MP:RegionInfo>",
        listed("Iptc4xmpExt:PersonInImage", "Ana Silva", "ana silva", ""),
        '<acdsee-rs:Regions><rdf:Bag><rdf:li acdsee-rs:Name="Ana Silva" acdsee-rs:Type="Face"/></rdf:Bag>'
        "</acdsee-rs:Regions>",
    ],
    ids=["MWG", "MWG as attributes", "Microsoft", "IPTC", "ACDSee"],
)
def test_people_are_read_from_the_faces_of_each_program(region):
    assert read_xmp(packet(region)) == Said(people=("Ana Silva",))


def test_name_of_a_pet_is_a_keyword():
    region = '<mwg-rs:RegionList><rdf:Bag><rdf:li mwg-rs:Name="Rex" mwg-rs:Type="Pet"/></rdf:Bag></mwg-rs:RegionList>'
    assert read_xmp(packet(region)) == Said(keywords=("Rex",))


@pytest.mark.parametrize(("value", "stars"), [("4", 4), ("-1", -1), ("0", 0), ("3.0", 3), ("99", None), ("x", None)])
def test_rating_is_a_number_of_stars(value, stars):
    assert read_xmp(packet(attributes=f'xmp:Rating="{value}"')).rating == stars
    assert read_xmp(packet(f"<xmp:Rating>{value}</xmp:Rating>")).rating == stars


@pytest.mark.parametrize(
    ("attributes", "taken"),
    [
        ('exif:DateTimeOriginal="2021-07-04T11:36:39.12+02:00"', ("2021-07-04T11:36:39", 120, "xmp")),
        ('photoshop:DateCreated="2021-07-04T11:36:39Z"', ("2021-07-04T11:36:39", 0, "xmp")),
        ('xmp:CreateDate="2021-07-04"', ("2021-07-04T00:00:00", None, "xmp")),
        ('exif:DateTimeOriginal="0000-00-00" xmp:CreateDate="2021-07-04T08:00"', ("2021-07-04T08:00:00", None, "xmp")),
        ('xmp:CreateDate="yesterday"', None),
    ],
)
def test_date_is_the_first_that_is_one(attributes, taken):
    assert read_xmp(packet(attributes=attributes)).moment == taken


@pytest.mark.parametrize(
    ("latitude", "longitude", "position"),
    [
        ("48,51.396N", "2,21.132W", (48.8566, -2.3522)),
        ("48,51,23.76N", "2,21,7.92E", (48.8566, 2.3522)),
        ("-33.9", "151.2", (-33.9, 151.2)),
        ("0,0.0N", "0,0.0E", None),
        ("91.0", "2.0", None),
        ("48,51.396N", "", None),
        ("north", "west", None),
    ],
)
def test_position_is_read_as_programs_write_it(latitude, longitude, position):
    attributes = f'exif:GPSLatitude="{latitude}" exif:GPSLongitude="{longitude}"'
    assert read_xmp(packet(attributes=attributes)).position == position


def test_sidecar_of_apple_photos_is_read():
    said = read_xmp(
        packet(
            listed("dc:title", "Dunes", kind="Alt")
            + listed("dc:subject", "holiday", kind="Seq")
            + "<photoshop:DateCreated>2021-07-04T11:36:39+02:00</photoshop:DateCreated>"
            "<exif:GPSLatitude>33.9</exif:GPSLatitude><exif:GPSLatitudeRef>S</exif:GPSLatitudeRef>"
            "<exif:GPSLongitude>151.2</exif:GPSLongitude><exif:GPSLongitudeRef>E</exif:GPSLongitudeRef>"
        )
    )
    assert said == Said(
        title="Dunes", keywords=("holiday",), moment=("2021-07-04T11:36:39", 120, "xmp"), position=(-33.9, 151.2)
    )


def test_endless_texts_are_cut_and_too_many_keywords_left_out():
    said = read_xmp(packet(listed("dc:title", "a" * 100_000) + listed("dc:subject", *map(str, range(5000)))))
    assert (len(said.title or ""), len(said.keywords)) == (10_000, 500)


@pytest.mark.parametrize("encoding", ["GBK", "shift_jis", "none-such"])
def test_an_encoding_that_the_parser_lacks_is_a_fault_of_the_packet(encoding: str):
    with pytest.raises(XmlError, match="damaged XML"):
        read_xmp(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode())


def test_a_date_without_end_is_cut_before_anything_is_looked_for_in_it():
    assert read_xmp(packet(attributes=f'exif:DateTimeOriginal="{"T" * 1_000_000}"')).moment is None
