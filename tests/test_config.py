from pathlib import Path

import pytest
from platformdirs import user_data_path
from pydantic import Field, ValidationError

from twinlens.config import Section, data_folder, read_recipe
from twinlens.errors import ConfigError


class Towers(Section):
    image: str = "efficientnet-lite2"
    text: str = "minilm-l6"
    max_tokens: int = Field(default=128, ge=4, le=512)


class Heads(Section):
    embedding_dim: int = Field(default=512, ge=2)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)


class Distillation(Section):
    weight: float = Field(default=0.3, ge=0.0)
    groups_weight: float = Field(default=0.0, ge=0.0)
    prompt: str = "a photo of a {}"
    push: tuple[float, float] = (0.0, 2.0)


class Optimizer(Section):
    learning_rate: float = Field(default=1e-3, gt=0.0)
    weight_decay: float = Field(default=0.0, ge=0.0)
    batch_size: int = Field(default=1024, ge=2)
    epochs: int = Field(default=60, ge=1)
    warmup_epochs: int = Field(default=2, ge=0)


class Inference(Section):
    resize_mode: str = Field(default="squash", pattern="^(squash|crop)$")
    crop_fraction: float = Field(default=1.0, gt=0.0, le=1.0)


class HeadsRecipe(Section):
    name: str
    seed: int = 0
    towers: Towers = Towers()
    heads: Heads = Heads()
    distillation: Distillation = Distillation()
    optimizer: Optimizer = Optimizer()
    inference: Inference = Inference()


RECIPE = """
name = "mine"
seed = 3

[towers]
max_tokens = 64

[optimizer]
learning_rate = 2e-3
epochs = 5
"""


@pytest.fixture
def write_recipe(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


class TestReading:
    def test_recipe_gives_its_values_and_the_defaults_of_the_rest(self, write_recipe):
        recipe = read_recipe(write_recipe(RECIPE), HeadsRecipe)
        assert (recipe.name, recipe.seed, recipe.towers.max_tokens) == ("mine", 3, 64)
        assert (recipe.optimizer.learning_rate, recipe.optimizer.epochs) == (2e-3, 5)
        assert recipe.optimizer.batch_size == HeadsRecipe(name="other").optimizer.batch_size
        assert recipe.heads == HeadsRecipe(name="other").heads

    def test_recipe_needs_no_more_than_a_name(self, write_recipe):
        assert read_recipe(write_recipe('name = "bare"'), HeadsRecipe) == HeadsRecipe(name="bare")

    def test_recipe_cannot_be_changed_after_reading(self, write_recipe):
        recipe = read_recipe(write_recipe(RECIPE), HeadsRecipe)
        with pytest.raises(ValidationError, match="frozen"):
            recipe.seed = 4
        with pytest.raises(ValidationError, match="frozen"):
            recipe.optimizer.epochs = 4

    def test_recipe_survives_being_saved_with_its_run(self, write_recipe):
        recipe = read_recipe(write_recipe(RECIPE), HeadsRecipe)
        assert HeadsRecipe.model_validate_json(recipe.model_dump_json()) == recipe

    def test_letters_beyond_ascii_are_kept(self, write_recipe):
        recipe = read_recipe(write_recipe('name = "été ❄"\n[distillation]\nprompt = "ein Foto von {}"'), HeadsRecipe)
        assert (recipe.name, recipe.distillation.prompt) == ("été ❄", "ein Foto von {}")


class TestFaults:
    def test_five_mistakes_are_named_in_one_message_with_near_spellings(self, write_recipe):
        path = write_recipe("""
            name = "mine"
            sead = 7

            [towers]
            imgae = "efficientnet-lite2"

            [heads]
            dropuot = 0.1

            [optimizer]
            lerning_rate = 1e-3
            batchsize = 64
        """)
        with pytest.raises(ConfigError) as error:
            read_recipe(path, HeadsRecipe)
        message = str(error.value)
        assert f"{path} has 5 faults" in message
        for key, near in [
            ("sead", "seed"),
            ("towers.imgae", "image"),
            ("heads.dropuot", "dropout"),
            ("optimizer.lerning_rate", "learning_rate"),
            ("optimizer.batchsize", "batch_size"),
        ]:
            assert f"{key}: unknown key; did you mean {near!r}?" in message

    def test_five_mistakes_of_five_kinds_are_all_named(self, write_recipe):
        path = write_recipe("""
            sede = 7

            [heads]
            embedding_dim = 1

            [optimizer]
            epochs = "many"

            [inference]
            resize_mode = "stretch"
        """)
        with pytest.raises(ConfigError) as error:
            read_recipe(path, HeadsRecipe)
        message = str(error.value)
        assert "has 5 faults" in message
        assert "sede: unknown key; did you mean 'seed'?" in message
        assert "name: Field required" in message
        assert "heads.embedding_dim: " in message
        assert "got 1" in message
        assert "optimizer.epochs: " in message
        assert "got 'many'" in message
        assert "inference.resize_mode: " in message
        assert "got 'stretch'" in message

    def test_missing_key_does_not_repeat_the_recipe(self, write_recipe):
        with pytest.raises(ConfigError) as error:
            read_recipe(write_recipe('[towers]\nimage = "a-backbone-of-a-long-name"'), HeadsRecipe)
        assert "a-backbone-of-a-long-name" not in str(error.value)

    def test_one_mistake_is_one_fault(self, write_recipe):
        with pytest.raises(ConfigError, match=r"has 1 fault: optimizer\.epochs: .*got 0"):
            read_recipe(write_recipe(RECIPE.replace("epochs = 5", "epochs = 0")), HeadsRecipe)

    def test_key_of_no_likeness_is_unknown_without_a_guess(self, write_recipe):
        with pytest.raises(ConfigError, match=r"zzz: unknown key$"):
            read_recipe(write_recipe('name = "a"\nzzz = 1'), HeadsRecipe)

    def test_table_where_a_value_should_be_is_a_fault_and_the_other_way_round(self, write_recipe):
        with pytest.raises(ConfigError, match="optimizer: "):
            read_recipe(write_recipe('name = "a"\noptimizer = 3'), HeadsRecipe)
        with pytest.raises(ConfigError, match="seed: "):
            read_recipe(write_recipe('name = "a"\n[seed]\nvalue = 3'), HeadsRecipe)

    def test_faults_inside_a_list_of_sections_are_named_by_their_number(self, write_recipe):
        class Stage(Section):
            epochs: int = Field(ge=1)

        class Staged(Section):
            stages: list[Stage]
            last: Stage | None = None

        path = write_recipe(
            "[[stages]]\nepochs = 1\n[[stages]]\nepochs = 0\nepochz = 2\n[last]\nepochs = 1\nepoch = 3\n"
        )
        with pytest.raises(ConfigError) as error:
            read_recipe(path, Staged)
        assert "stages.1.epochs: " in str(error.value)
        assert "stages.1.epochz: unknown key; did you mean 'epochs'?" in str(error.value)
        assert "last.epoch: unknown key; did you mean 'epochs'?" in str(error.value)

    def test_missing_recipe_is_named(self, tmp_path):
        with pytest.raises(ConfigError, match=r"no recipe at .*nowhere\.toml"):
            read_recipe(tmp_path / "nowhere.toml", HeadsRecipe)

    @pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b'{"name": "json"}', b"[towers\n"])
    def test_unreadable_recipe_is_named(self, tmp_path, content):
        path = tmp_path / "mine.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"mine\.toml is not readable TOML"):
            read_recipe(path, HeadsRecipe)

    def test_folder_is_no_recipe(self, tmp_path):
        with pytest.raises(ConfigError, match="not readable"):
            read_recipe(tmp_path, HeadsRecipe)


class TestChanges:
    @pytest.mark.parametrize(
        ("change", "read"),
        [
            ("optimizer.epochs=9", lambda recipe: recipe.optimizer.epochs == 9),
            (" optimizer.epochs = 9 ", lambda recipe: recipe.optimizer.epochs == 9),
            ("optimizer.learning_rate=5e-4", lambda recipe: recipe.optimizer.learning_rate == 5e-4),
            ("heads.dropout=0.2", lambda recipe: recipe.heads.dropout == 0.2),  # a section the file does not have
            ("seed=11", lambda recipe: recipe.seed == 11),
            ('name="quoted name"', lambda recipe: recipe.name == "quoted name"),
            ("name=bare words", lambda recipe: recipe.name == "bare words"),
            ("name=a=b", lambda recipe: recipe.name == "a=b"),
            ("distillation.push=[0.5, 3.0]", lambda recipe: recipe.distillation.push == (0.5, 3.0)),
        ],
    )
    def test_one_value_is_changed_from_the_command_line(self, write_recipe, change, read):
        recipe = read_recipe(write_recipe(RECIPE), HeadsRecipe, changes=[change])
        assert read(recipe)
        assert recipe.towers.max_tokens == 64

    def test_last_change_of_a_key_wins(self, write_recipe):
        assert read_recipe(write_recipe(RECIPE), HeadsRecipe, changes=["seed=1", "seed=2"]).seed == 2

    def test_changes_are_checked_like_the_file(self, write_recipe):
        with pytest.raises(ConfigError) as error:
            read_recipe(write_recipe(RECIPE), HeadsRecipe, changes=["optimizer.epoch=3", "heads.dropout=2", "seed="])
        assert "has 3 faults" in str(error.value)
        assert "optimizer.epoch: unknown key; did you mean 'epochs'?" in str(error.value)
        assert "heads.dropout: " in str(error.value)
        assert "seed: " in str(error.value)

    @pytest.mark.parametrize("change", ["optimizer.epochs", "", "=3", " = 3"])
    def test_change_of_another_form_says_how_one_looks(self, write_recipe, change):
        with pytest.raises(ConfigError, match=r"must look like section\.key=value"):
            read_recipe(write_recipe(RECIPE), HeadsRecipe, changes=[change])

    def test_change_below_a_value_is_refused(self, write_recipe):
        with pytest.raises(ConfigError, match="'seed' is a value, not a section"):
            read_recipe(write_recipe(RECIPE), HeadsRecipe, changes=["seed.epochs=3"])

    @pytest.mark.parametrize("change", ["optimizer..epochs=3", ".=1", "optimizer.=3"])
    def test_change_with_empty_names_is_a_fault(self, write_recipe, change):
        with pytest.raises(ConfigError):
            read_recipe(write_recipe(RECIPE), HeadsRecipe, changes=[change])


class TestDataFolder:
    def test_variable_moves_the_data_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "elsewhere"))
        assert data_folder() == tmp_path / "elsewhere"

    def test_tilde_in_the_variable_is_the_users_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.setenv("TWINLENS_HOME", "~/lens")
        assert data_folder() == tmp_path / "lens"

    @pytest.mark.parametrize("empty", [True, False])
    def test_without_the_variable_it_is_where_the_system_keeps_data(self, monkeypatch, empty):
        if empty:
            monkeypatch.setenv("TWINLENS_HOME", "")
        else:
            monkeypatch.delenv("TWINLENS_HOME")
        assert data_folder() == user_data_path("twinlens", appauthor=False)
        assert data_folder().is_absolute()

    def test_asking_for_the_data_folder_makes_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "elsewhere"))
        data_folder()
        assert not (tmp_path / "elsewhere").exists()
