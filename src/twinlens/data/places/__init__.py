"""Names of places without a network: towns of 5,000 people and more, their regions and countries.

``gazetteer.tsv.gz`` is made by ``scripts/gazetteer.py`` from GeoNames (www.geonames.org, CC BY 4.0), with the names of
countries in other languages from Unicode CLDR (Unicode-3.0).
"""
