"""Products and goals: made by us, or read from files in the official schema."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from environments.child import environ
from environments.contract import NotInstalled
from environments.digest import digest
from environments.webshop.catalogue import ANY_PRICE, Catalogue, load, read
from environments.webshop.goods import KINDS
from environments.webshop.making import Files, generate
from environments.webshop.reward import option_match, reward
from environments.webshop.words import ATTRIBUTES
from tests.environments import needs

pytestmark = [needs.package("bm25s", "webshop"), needs.package("rapidfuzz", "webshop")]

GENERATED = "4db8bce5dce57a5003edcd2dec4201b55f672ec14d96d220095b94d4b86f68a0"
"""What `generate` makes, for good: another catalogue is another version of the environment."""

HEADPHONES: dict[str, Any] = {
    "asin": "B07AAAAAAA",
    "name": "Acme  Over-Ear\nHeadphones",
    "category": "electronics",
    "query": " Headphones ",
    "product_category": "Electronics › Headphones › Over-Ear Headphones",
    "full_description": "They shut out trains.\u200b",
    "small_description": ["Noise cancelling", None],
    "pricing": "$1,049.99 - $1,149.99",
    "customization_options": {
        "Color": [{"value": " Black/Gold ", "image": "…"}, {"value": "WHITE", "image": None}],
        "Style": None,
        "Size": [{"value": "m"}, {"value": "l"}],
    },
    "images": ["…"],
    "brand": "…",
}
SOAP: dict[str, Any] = {
    "asin": "B07BBBBBBB",
    "name": "Plain Hand Soap",
    "category": "beauty",
    "query": "soap",
    "product_category": "Beauty › Soap",
    "full_description": None,
    "small_description": "It cleans.",
    "pricing": None,
    "customization_options": "",
}
OFFICIAL = Files(
    products=[
        HEADPHONES,
        SOAP,
        {**SOAP, "name": "The same once more"},
        {**SOAP, "asin": "nan"},
        {**SOAP, "asin": "much too long"},
    ],
    attributes={
        "B07AAAAAAA": {
            "attributes": ["noise cancelling"],
            "instruction": "Find me noise cancelling headphones",
            "instruction_attributes": ["noise cancelling"],
        },
        "B07BBBBBBB": {"attributes": [], "instruction": None, "instruction_attributes": []},
    },
    instructions={
        "B07AAAAAAA": [
            {
                "instruction": "i want white headphones for the train.",
                "instruction_attributes": ["noise cancelling"],
                "instruction_options": ["white"],
                "options": ["color: white"],
            },
            {"instruction": "…", "instruction_attributes": [], "instruction_options": []},
        ],
        "B07BBBBBBB": [
            {
                "instruction": "i need soap",
                "instruction_attributes": ["cleaning"],
                "instruction_options": [],
            },
        ],
        "B07CCCCCCC": [{"instruction": "sold out"}],
    },
)


def write(files: Files, folder: Path) -> None:
    for name, content in zip(
        ("items_shuffle_1000.json", "items_ins_v2_1000.json", "items_human_ins.json"),
        files,
        strict=True,
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="module")
def generated() -> Catalogue:
    return load("generated")


def test_the_generated_files_are_the_same_for_good() -> None:
    assert digest(generate()) == GENERATED


def test_and_in_every_process_whatever_its_hashing() -> None:
    code = (
        "from environments.digest import digest; from environments.webshop.making import generate;"
        "print(digest(generate()))"
    )
    env = {**environ(), "PYTHONHASHSEED": "12345", "LC_ALL": "C"}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert told.stdout.strip() == GENERATED


def test_there_are_two_thousand_products_of_fifty_kinds_in_five_categories(
    generated: Catalogue,
) -> None:
    assert len(generated.products) == len(generated.by_asin) == 2000
    assert len({product.title for product in generated.products}) == 2000
    assert len({product.query for product in generated.products}) == 50
    assert {product.category for product in generated.products} == set(KINDS)


def test_each_product_has_one_goal_so_that_splits_share_none(generated: Catalogue) -> None:
    assert len({goal.asin for goal in generated.goals}) == len(generated.goals) == 2000


def test_each_goal_is_met_by_the_product_that_it_was_written_for(generated: Catalogue) -> None:
    for goal in generated.goals:
        product = generated.by_asin[goal.asin]
        assert reward(goal, product, goal.options).total == 1.0
        assert product.price < goal.price_upper <= product.price + 50
        assert f"price lower than {goal.price_upper:.2f} dollars" in goal.instruction
        for wanted in (*goal.attributes, *goal.options):
            assert wanted in goal.instruction


def test_a_range_of_prices_has_the_price_in_it(generated: Catalogue) -> None:
    ranges = [product for product in generated.products if " to " in product.price_tag]
    assert 300 < len(ranges) < 500
    for product in ranges:
        low, high = (float(price.strip("$")) for price in product.price_tag.split(" to "))
        assert low <= product.price <= high


def test_no_two_values_that_a_product_has_to_choose_from_are_alike(generated: Catalogue) -> None:
    for product in generated.products:
        for _, values in product.options:
            for one, other in itertools.combinations(values, 2):
                assert not option_match(one, other), (product.title, one, other)


def test_a_product_has_the_attributes_that_its_features_tell_and_no_others(
    generated: Catalogue,
) -> None:
    some = random.Random(0).sample(generated.products, 300)
    for product, attribute in itertools.product(some, ATTRIBUTES):
        goal = generated.goals[0]._replace(attributes=(attribute,))
        had = reward(goal, product, ()).attributes == 1
        assert had == (attribute in product.attributes)
        assert had == any(attribute in feature.lower() for feature in product.features)


def test_what_the_official_files_hold_is_read_as_the_original_reads_it() -> None:
    catalogue = read(OFFICIAL, human=False)
    headphones, soap = catalogue.products
    assert headphones.title == "Acme Over-Ear Headphones"
    assert headphones.query == "headphones"
    assert headphones.path == ("Electronics", "Headphones", "Over-Ear Headphones")
    assert headphones.options == (("color", ("black | gold", "white")), ("size", ("m", "l")))
    assert headphones.price_tag == "$1049.99 to $1149.99"
    assert 1049.99 <= headphones.price <= 1149.99
    assert headphones.features == ("Noise cancelling", "")
    assert headphones.description == "They shut out trains."
    assert (soap.price, soap.price_tag, soap.features) == (100.0, "$100.0", ("It cleans.",))
    assert (soap.options, soap.attributes, soap.description) == ((), (), "")


def test_a_synthetic_goal_is_made_for_each_combination_of_options() -> None:
    goals = read(OFFICIAL, human=False).goals
    told = "Find me noise cancelling headphones with color: {}, and size: {}"
    assert sorted(goal.instruction for goal in goals) == [
        told.format(color, size) for color in ("black | gold", "white") for size in ("l", "m")
    ]
    assert {goal.price_upper for goal in goals} == {ANY_PRICE}  # nothing above is a limit
    for goal in goals:
        assert goal.attributes == ("noise cancelling",)
        assert [option.split()[0] for option in goal.options] == ["color", "size"]


def test_a_human_goal_is_made_for_each_instruction_with_attributes() -> None:
    goals = {goal.asin: goal for goal in read(OFFICIAL, human=True).goals}
    assert len(goals) == 2
    white = goals["B07AAAAAAA"]
    assert white.instruction == "i want white headphones for the train"
    assert white.options == ("white",)
    soap = goals["B07BBBBBBB"]
    assert soap.price_upper in (120.0, 130.0, 140.0)
    assert soap.instruction == f"i need soap, and price lower than {soap.price_upper:.2f} dollars"


def test_goals_are_shuffled_as_in_the_original() -> None:
    files = generate()
    wanted = [product["asin"] for product in files.products]
    random.Random(233).shuffle(wanted)
    assert [goal.asin for goal in read(files, human=True).goals] == wanted


def test_files_that_are_there_are_read_and_the_environment_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(OFFICIAL, tmp_path)
    monkeypatch.setenv("WEBSHOP_DATA", str(tmp_path))
    synthetic, human = load("official"), load("official-human")
    assert (len(synthetic.goals), len(human.goals)) == (4, 2)
    assert synthetic.content == human.content != load("generated").content


def test_files_that_are_not_there_are_named_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBSHOP_DATA", raising=False)
    with pytest.raises(NotInstalled, match=r"items_shuffle_1000.json.*set WEBSHOP_DATA"):
        load("official")
    write(OFFICIAL, tmp_path)
    (tmp_path / "items_human_ins.json").unlink()
    monkeypatch.setenv("WEBSHOP_DATA", str(tmp_path))
    load("official")
    with pytest.raises(NotInstalled, match=r"files items_human_ins.json are"):
        load("official-human")


def test_the_content_is_that_of_the_products() -> None:
    dearer = {**HEADPHONES, "pricing": "$9.99"}
    contents = {
        read(OFFICIAL._replace(products=products), human=False).content
        for products in ([HEADPHONES, SOAP], [HEADPHONES], [dearer, SOAP])
    }
    assert len(contents) == 3
