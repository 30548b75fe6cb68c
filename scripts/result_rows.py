"""The rows of docs/results.md: which recipes are run, how often, and what was changed for two cores."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: in the table.
        recipe: file in recipes/, without its suffix.
        seeds: number of runs.
        changes: of the recipe without a hub, for two cores.
        note: what those changes mean.
        claim: the figures that the document reports; empty if there is no document.
        own_protocol: how the document counts: "batches" of 32, "chunks" of 5,000, or the right way.
        hub: whether there is a recipe with the document's own backbones.
        bundle: name of the model that the document offers for download; empty if it offers none.
    """

    name: str
    recipe: str
    seeds: int = 3
    changes: tuple[str, ...] = ()
    note: str = ""
    claim: str = ""
    own_protocol: str = ""
    hub: bool = field(default=True)
    bundle: str = ""


NO_FIGURE = "no figure"
CUT_003 = ("stages.0.epochs=10", "stages.0.warmup_epochs=1")
NOTE_003 = "10 epochs for 50 with patience; image tower frozen, two augmented views"
ROWS = (
    Row("heads (ours)", "heads", hub=False),
    Row(
        "000 NT-Xent",
        "000-nt-xent",
        changes=(
            'stages=[{epochs=20, learning_rate=0.01, schedule="constant"}, '
            '{epochs=10, learning_rate=0.001, schedule="constant"}]',
        ),
        note="its first two stages; the two that train the towers take hours on two cores",
        claim=NO_FIGURE,
    ),
    Row(
        "001 CLIP",
        "001-clip",
        changes=('stages.0.image="frozen"', 'stages.0.text="frozen"'),
        note="heads only; towers trained as well take an hour an epoch on two cores",
        claim="val loss 2.31, no recall",
    ),
    Row("002 cosine", "002-cosine", claim=NO_FIGURE),
    Row(
        "003 LSTM",
        "003-lstm",
        seeds=1,
        changes=CUT_003,
        note=NOTE_003,
        claim="39.1/76.6/89.1, MRR 0.547, MedR 2",
        own_protocol="batches",
        bundle="003-lstm",
    ),
    Row(
        "003 Transformer",
        "003-transformer",
        seeds=1,
        changes=CUT_003,
        note=NOTE_003,
        claim="20.3/40.6/56.3, MRR 0.317, MedR 7",
        own_protocol="batches",
        bundle="003-transformer",
    ),
    Row(
        "003 bag of words",
        "003-bag-of-words",
        seeds=1,
        changes=CUT_003,
        note=NOTE_003,
        claim="9.4/20.3/26.6, MRR 0.162",
        own_protocol="batches",
    ),
    Row(
        "004 CLIP",
        "004-clip",
        claim="44.7/71.1/80.8 \\| 47.9/74.4/83.5",
        own_protocol="chunks",
        bundle="004-clip",
    ),
    Row("004 triplet", "004-triplet", claim=NO_FIGURE, own_protocol="chunks"),
    Row("004 InfoNCE", "004-infonce", claim=NO_FIGURE, own_protocol="chunks"),
)
