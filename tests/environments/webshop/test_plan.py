"""The expert: its distances are those of the shortest way, from wherever one is."""

from __future__ import annotations

import random

import pytest

from environments.webshop.catalogue import Goal, Product, load, read
from environments.webshop.pages import BACK, BUY, NEXT, PREV, Place, Shop, open_shop
from environments.webshop.plan import Plan, Planner, lacking_options, queries
from environments.webshop.reward import reward
from tests.environments import needs
from tests.environments.webshop.test_catalogue import OFFICIAL

pytestmark = [needs.package("bm25s", "webshop"), needs.package("rapidfuzz", "webshop")]

OTHER_SEARCHES = ("lightweight", "a gift for my aunt", "xyzzy")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return open_shop(load("generated"))


def steps(shop: Shop, goal: Goal, place: Place) -> dict[str, Place]:
    if place.query is None:
        return {f"search[{query}]": Place(query) for query in queries(goal.instruction)}
    return {f"click[{label}]": to for label, to in shop.buttons(place).items()}


def bought_well(shop: Shop, goal: Goal, place: Place) -> bool:
    assert place.asin is not None
    product = shop.catalogue.by_asin[place.asin]
    return reward(goal, product, dict(place.chosen).values()).total == 1.0


@pytest.mark.parametrize("number", range(0, 2000, 100))
def test_each_distance_is_one_more_than_the_least_of_those_around(shop: Shop, number: int) -> None:
    """Bellman's equation, on a random walk: whoever meets it everywhere is exact."""
    goal = shop.catalogue.goals[number]
    planner = Planner(shop, goal)
    rng = random.Random(number)

    def distance(place: Place) -> float:
        if place.bought:
            return 0 if bought_well(shop, goal, place) else float("inf")
        plan = planner.plan(place)
        return float("inf") if plan is None else plan.distance

    place = Place()
    for _ in range(40):
        around = steps(shop, goal, place)
        plan = planner.plan(place)
        assert plan is not None
        assert plan.distance == 1 + min(map(distance, around.values()))
        assert distance(around[plan.command]) == plan.distance - 1
        if place.query is None and rng.random() < 0.3:
            place = Place(rng.choice(OTHER_SEARCHES))
        else:
            # Buttons that lead on are pressed oftener than the ten others.
            on = [label for label in around if label[6:-1] in (BACK, PREV, NEXT)]
            label = rng.choice([*around, *on]) if rng.random() < 0.7 else plan.command
            place = Place() if around[label].bought else around[label]


def test_what_is_chosen_already_is_not_clicked_again_and_what_is_wrong_is_put_right(
    shop: Shop,
) -> None:
    goal = next(goal for goal in shop.catalogue.goals if len(goal.options) == 3)
    product = shop.catalogue.by_asin[goal.asin]
    assert lacking_options(goal, product, {}) == list(goal.options)
    names = [name for name, _ in product.options]
    right = dict(zip(names, goal.options, strict=True))
    assert lacking_options(goal, product, right) == []
    wrong = next(value for value in product.options[0][1] if value != goal.options[0])
    assert lacking_options(goal, product, {**right, names[0]: wrong}) == [goal.options[0]]


def test_one_value_that_two_goals_name_is_clicked_once() -> None:
    headphones = read(OFFICIAL, human=True).products[0]
    goal = next(g for g in read(OFFICIAL, human=True).goals if g.asin == headphones.asin)
    both = goal._replace(options=("gold", "black gold"))
    assert lacking_options(both, headphones, {}) is None  # black | gold is read as black
    both = goal._replace(options=("white", "white linen"))
    assert lacking_options(both, headphones, {}) == ["white"]


def test_a_product_that_cannot_do_is_not_chosen(shop: Shop) -> None:
    goal = shop.catalogue.goals[0]
    product = shop.catalogue.by_asin[goal.asin]
    assert lacking_options(goal, product._replace(price=goal.price_upper + 0.01), {}) is None
    assert lacking_options(goal, product._replace(title="Nothing"), {}) is None
    assert lacking_options(goal._replace(attributes=("edible",)), product, {}) is None
    assert lacking_options(goal._replace(options=("transparent",)), product, {}) is None


def official_planner(change: dict[str, str]) -> Planner:
    catalogue = read(OFFICIAL, human=True)
    goal = next(goal for goal in catalogue.goals if goal.asin == "B07AAAAAAA")
    return Planner(open_shop(catalogue), goal._replace(**change))


def test_where_the_instruction_finds_nothing_the_expert_looks_for_the_title() -> None:
    planner = official_planner({"instruction": "the usual"})
    assert planner.plan(Place()) == Plan("search[acme over-ear headphones]", 4)


def test_where_nothing_can_do_there_is_no_plan() -> None:
    planner = official_planner({"title": "Xyzzy"})
    assert planner.plan(Place()) is None
    assert planner.plan(Place("headphones")) is None
    assert planner.plan(Place("headphones", asin="B07AAAAAAA", subpage="Reviews")) is None


def test_one_searches_for_what_the_instruction_says_whole_or_in_parts() -> None:
    said = "Find me tea, non gmo and kosher, with size: 3 pack, and price lower than 9.00 dollars"
    assert queries(said) == (
        "find me tea, non gmo and kosher, with size: 3 pack",
        "find me tea",
        "non gmo and kosher",
        "size: 3 pack",
    )
    assert queries("Soap.") == ("soap.", "soap")


def a_value(product: Product) -> str:
    return product.options[0][1][0]


def test_buttons_lead_where_they_say(shop: Shop) -> None:
    results = Place("running shoes", page=2)
    product = shop.results("running shoes")[10]
    item = shop.buttons(results)[product.asin]
    assert item == Place("running shoes", page=2, asin=product.asin)
    chosen = shop.buttons(item)[a_value(product)]
    assert chosen.chosen == ((product.options[0][0], a_value(product)),)
    features = shop.buttons(chosen)["Features"]
    assert shop.buttons(features) == {BACK: Place(), PREV: chosen}
    assert shop.buttons(chosen)[PREV] == results  # and the choice is forgotten, as in the original
    assert shop.buttons(chosen)[BUY].bought
    assert shop.buttons(chosen)[BACK] == Place()
    assert shop.buttons(results)[NEXT].page == 3
    assert shop.buttons(results)[PREV].page == 1
    assert PREV not in shop.buttons(Place("running shoes"))
    last = (len(shop.results("running shoes")) + 9) // 10
    assert NEXT not in shop.buttons(Place("running shoes", page=last))
