"""Repair the text index, which is made again from the catalog."""

from contextlib import closing

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.repairing.report import RepairReport
from twinlens.collection.texts.derived_texts import DerivedTexts


def check_texts(catalog: Catalog, report: RepairReport) -> None:
    """Makes the text index again if it has faults; one that is missing is made when it is first needed."""
    with closing(DerivedTexts(catalog, catalog.path.parent, writable=True)) as texts:
        if faults := texts.faults():
            report.faults += faults
            texts.make_again()
