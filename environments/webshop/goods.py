"""What the generated WebShop sells: the words that `environments.webshop.making` draws from.

    >>> KINDS["beauty"][0].noun, KINDS["beauty"][0].options["size"]
    ('Face Moisturizer', ('30 ml', '75 ml', '150 ml'))

What the attributes say about a product stands in `environments.webshop.words`. The reward compares
attributes and options with some tolerance, and reads a colour as the first colour name in it
(`environments.webshop.reward`). So no two attributes, and no two values that a product has to
choose from, are alike under that comparison: what a customer gets wrong counts as wrong.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of product; 40 products of each are made."""

    noun: str
    """At least two words, so that products of one kind are told to be of one type."""
    article: str
    """What a customer says before the noun."""
    aisle: str
    """Second step of the path to it; no other kind has the same."""
    price: tuple[int, int]
    """Dollars, from and to."""
    uses: tuple[str, ...]
    """Whom or what it is for."""
    attributes: tuple[str, ...]
    options: dict[str, tuple[str, ...]]
    """Values by name; a product has some of them."""


SCENT = ("unscented", "lavender", "citrus", "eucalyptus", "vanilla", "cedar", "rose")
ML = ("30 ml", "75 ml", "150 ml")
PACK = ("single", "3 pack", "6 pack", "12 pack")
SHADE = ("ivory", "beige", "caramel", "espresso", "bronze")
COLOR = ("black", "white", "navy", "burgundy", "olive", "teal", "grey", "mustard", "pink", "coral")
WOOD = ("walnut", "oak", "white", "espresso", "black")
FEET = ("2x3 ft", "4x6 ft", "5x8 ft", "8x10 ft")
OUNCES = ("4 oz", "8 oz", "16 oz", "30 oz")
FLAVOR = ("original", "honey", "cinnamon", "sea salt", "mango", "chocolate", "peanut butter")
SAVORY = ("original", "smoked paprika", "garlic", "sea salt", "lime", "roasted onion")
CABLE = ("3 ft", "6 ft", "10 ft", "25 ft")
PLUG = ("usb c", "usb a")
STORAGE = ("64 gb", "128 gb", "256 gb", "512 gb")
CLOTHES = ("s", "m", "l", "xl", "2xl")
SHOES = ("us 6", "us 7", "us 8", "us 9", "us 10", "us 11")
FIT = ("slim", "regular", "relaxed")


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


def _kind(
    noun: str,
    article: str,
    aisle: str,
    price: tuple[int, int],
    uses: str,
    attributes: str,
    **options: tuple[str, ...],
) -> Kind:
    return Kind(noun, article, aisle, price, _words(uses), _words(attributes), options)


KINDS = {
    "beauty": (
        _kind("Face Moisturizer", "a", "Skin Care", (9, 38), "Dry Skin, Oily Skin, Night Use",
            "cruelty free, paraben free, fragrance free, dermatologist tested, hypoallergenic, "
            "fast absorbing, non greasy, refillable",
            size=ML, scent=SCENT),
        _kind("Hair Shampoo", "a", "Hair Washing", (7, 29), "Fine Hair, Curly Hair, Colored Hair",
            "cruelty free, paraben free, sulfate free, fragrance free, dermatologist tested, "
            "refillable, travel friendly, hypoallergenic",
            scent=SCENT, size=ML),
        _kind("Body Lotion", "a", "Body Care", (6, 27), "Elbows and Knees, Winter, Daily Use",
            "cruelty free, paraben free, alcohol free, fast absorbing, non greasy, "
            "dermatologist tested, long lasting, travel friendly",
            scent=SCENT, size=ML),
        _kind("Lip Balm", "a", "Lip Care", (3, 14), "Chapped Lips, Mountain Sun, Children",
            "cruelty free, paraben free, long lasting, fragrance free, refillable, "
            "hypoallergenic, travel friendly, gluten free",
            scent=SCENT, pack=PACK),
        _kind("Hand Cream", "a", "Hand Care", (4, 22), "Gardeners, Nurses, Cold Weather",
            "cruelty free, fast absorbing, non greasy, alcohol free, long lasting, "
            "hypoallergenic, travel friendly, dermatologist tested",
            scent=SCENT, size=ML),
        _kind("Liquid Foundation", "a", "Face Makeup", (11, 46), "Mature Skin, Stage, Every Day",
            "cruelty free, paraben free, alcohol free, long lasting, non greasy, "
            "hypoallergenic, refillable, dermatologist tested",
            shade=SHADE, finish=("matte", "dewy", "satin")),
        _kind("Eyeliner Pen", "an", "Eye Makeup", (5, 24), "Beginners, Contact Lenses, Evenings",
            "cruelty free, long lasting, water resistant, alcohol free, hypoallergenic, "
            "refillable, fragrance free, quick drying",
            color=("black", "navy", "olive", "bronze", "plum"), tip=("felt", "brush", "gel")),
        _kind("Nail Polish", "a", "Nail Care", (4, 19), "Salons, Short Nails, Toes",
            "cruelty free, quick drying, long lasting, scratch resistant, plant based, "
            "hypoallergenic, fragrance free, travel friendly",
            color=COLOR, pack=PACK),
        _kind("Deodorant Stick", "a", "Deodorants", (5, 18), "Athletes, Teenagers, Sensitive Skin",
            "cruelty free, alcohol free, long lasting, paraben free, refillable, plant based, "
            "non greasy, travel friendly",
            scent=SCENT, pack=PACK),
        _kind("Shaving Cream", "a", "Shaving", (5, 21), "Sensitive Skin, Legs, Coarse Beards",
            "cruelty free, alcohol free, fragrance free, fast absorbing, dermatologist tested, "
            "non greasy, paraben free, travel friendly",
            scent=SCENT, size=ML),
    ),
    "garden": (
        _kind("Table Lamp", "a", "Lighting", (19, 89), "Bedside, Reading Corner, Hallway",
            "energy saving, touch controlled, easy to assemble, space saving, hand painted, "
            "energy efficient, glare free, heavy duty",
            color=COLOR, bulb=("warm glow", "daylight", "candle")),
        _kind("Area Rug", "an", "Rugs", (24, 240), "Living Room, Nursery, Entryway",
            "stain resistant, non slip, machine washable, double sided, heavy duty, foldable, "
            "quick drying, hypoallergenic",
            size=FEET, color=COLOR),
        _kind("Throw Blanket", "a", "Bedding", (15, 70), "Sofa, Camping, Guest Room",
            "machine washable, double sided, lightweight, hypoallergenic, stain resistant, "
            "breathable, fleece lined, hand stitched",
            color=COLOR, size=("twin", "full", "queen", "king")),
        _kind("Ladder Bookshelf", "a", "Shelving", (45, 190), "Small Rooms, Study, Kitchen Books",
            "easy to assemble, space saving, scratch resistant, heavy duty, foldable, non slip, "
            "stain resistant, ready to hang",
            finish=WOOD, tiers=("3 tier", "5 tier")),
        _kind("Bar Stool", "a", "Seating", (39, 210), "Breakfast Bar, Workshop, Terrace",
            "easy to assemble, space saving, scratch resistant, heavy duty, foldable, "
            "stain resistant, non slip, rust proof",
            color=COLOR, legs=("walnut", "oak", "espresso"), height=("24 inch", "30 inch")),
        _kind("Window Curtains", "some", "Window Treatments", (16, 95), "Bedroom, Office",
            "machine washable, energy saving, wrinkle free, ready to hang, double sided, "
            "stain resistant, hand stitched, energy efficient",
            color=COLOR, length=("63 inch", "84 inch", "108 inch")),
        _kind("Bath Towels", "some", "Bath Linen", (12, 60), "Family Bathroom, Beach, Gym Bag",
            "machine washable, quick drying, lightweight, hypoallergenic, stain resistant, "
            "breathable, double sided, hand stitched",
            color=COLOR, pack=PACK),
        _kind("Plant Pot", "a", "Planters", (8, 55), "Succulents, Balcony, Herbs",
            "rust proof, heavy duty, hand painted, lightweight, water resistant, "
            "scratch resistant, ready to hang, space saving",
            color=COLOR, size=("4 inch", "8 inch", "12 inch")),
        _kind("Wall Clock", "a", "Home Decor", (13, 75), "Kitchen, Classroom, Living Room",
            "ready to hang, hand painted, energy saving, lightweight, scratch resistant, "
            "glare free, easy to assemble, rust proof",
            color=COLOR, numerals=("arabic", "roman", "none")),
        _kind("Coffee Mugs", "some", "Drinkware", (9, 48), "Office, Camping, Gifts",
            "dishwasher safe, hand painted, stain resistant, heavy duty, lightweight, "
            "scratch resistant, double sided, space saving",
            color=COLOR, size=("8 oz", "16 oz"), pack=PACK),
    ),
    "grocery": (
        _kind("Green Tea", "some", "Tea", (5, 26), "Cold Brewing, Mornings, Sharing",
            "caffeine free, fair trade, non gmo, kosher, individually wrapped, sugar free, "
            "gluten free, plant based",
            flavor=("jasmine", "lemon", "honey", "mint", "original"), pack=PACK),
        _kind("Ground Coffee", "some", "Coffee", (7, 32), "Drip Machines, French Press, Offices",
            "fair trade, slow roasted, caffeine free, kosher, non gmo, gluten free, "
            "sugar free, shelf stable",
            roast=("blond", "medium", "italian"), size=OUNCES),
        _kind("Granola Bars", "some", "Breakfast Bars", (6, 28), "Hiking, School Lunch",
            "gluten free, dairy free, nut free, high protein, individually wrapped, non gmo, "
            "plant based, keto friendly",
            flavor=FLAVOR, pack=PACK),
        _kind("Trail Mix", "some", "Nuts and Seeds", (6, 30), "Road Trips, Runners, Parties",
            "gluten free, dairy free, low sodium, high protein, non gmo, kosher, "
            "slow roasted, keto friendly",
            flavor=FLAVOR, size=OUNCES),
        _kind("Pasta Sauce", "a", "Sauces", (4, 20), "Lasagna, Weeknights, Pizza",
            "gluten free, dairy free, low sodium, sugar free, plant based, slow roasted, "
            "shelf stable, non gmo",
            flavor=SAVORY, size=OUNCES),
        _kind("Potato Chips", "some", "Chips", (4, 22), "Movie Nights, Dips, Picnics",
            "gluten free, dairy free, low sodium, non gmo, kosher, plant based, nut free, "
            "individually wrapped",
            flavor=SAVORY, pack=PACK),
        _kind("Protein Powder", "a", "Sports Nutrition", (16, 62), "Smoothies, Baking, Recovery",
            "gluten free, dairy free, sugar free, plant based, keto friendly, non gmo, "
            "caffeine free, nut free",
            flavor=("vanilla", "chocolate", "strawberry", "original"), size=OUNCES),
        _kind("Hot Sauce", "a", "Condiments", (4, 18), "Tacos, Eggs, Barbecue",
            "gluten free, sugar free, low sodium, plant based, kosher, slow roasted, "
            "shelf stable, keto friendly",
            heat=("mild", "medium", "extra hot"), pack=PACK),
        _kind("Pancake Mix", "a", "Baking Mixes", (5, 21), "Sunday Breakfast, Waffles, Camping",
            "gluten free, dairy free, sugar free, high protein, non gmo, kosher, plant based, "
            "shelf stable",
            flavor=FLAVOR, size=OUNCES),
        _kind("Oatmeal Cups", "some", "Cereals", (6, 27), "Travel, Office Breakfast, Toddlers",
            "gluten free, dairy free, sugar free, high protein, nut free, non gmo, fair trade, "
            "individually wrapped",
            flavor=FLAVOR, pack=PACK),
    ),
    "electronics": (
        _kind("Bluetooth Headphones", "some", "Audio", (22, 180), "Commuters, Gaming, Studio",
            "noise cancelling, fast charging, water resistant, touch controlled, lightweight, "
            "low latency, foldable, hands free",
            color=COLOR, style=("over ear", "on ear")),
        _kind("Portable Speaker", "a", "Speakers", (18, 140), "Beach, Shower, Meetings",
            "water resistant, shock proof, fast charging, touch controlled, long range, "
            "hands free, lightweight, plug and play",
            color=COLOR, power=("10 watt", "25 watt")),
        _kind("Charging Cable", "a", "Cables", (6, 28), "Tablets, Cars, Desks",
            "fast charging, high speed, heavy duty, water resistant, lightweight, "
            "plug and play, shock proof, rust proof",
            length=CABLE, plug=PLUG, color=COLOR),
        _kind("Power Bank", "a", "Batteries", (15, 85), "Festivals, Flights, Emergencies",
            "fast charging, shock proof, water resistant, lightweight, energy efficient, "
            "travel friendly, plug and play, scratch resistant",
            color=COLOR, plug=PLUG),
        _kind("Computer Mouse", "a", "Pointing Devices", (9, 65), "Small Hands, Design, Travel",
            "plug and play, low latency, long range, energy efficient, lightweight, "
            "fast charging, non slip, scratch resistant",
            color=COLOR, hand=("left handed", "right handed")),
        _kind("Gaming Keyboard", "a", "Keyboards", (28, 150), "Tournaments, Programmers, Streaming",
            "low latency, plug and play, water resistant, energy efficient, heavy duty, "
            "non slip, foldable, long range",
            color=COLOR, switch=("linear", "clicky", "silent"), layout=("compact", "full")),
        _kind("Phone Case", "a", "Phone Accessories", (7, 40), "Construction Sites, Kids, Cycling",
            "shock proof, scratch resistant, water resistant, non slip, lightweight, "
            "hand painted, glare free, heavy duty",
            color=COLOR, model=("mini", "plus", "ultra")),
        _kind("Web Camera", "a", "Cameras", (21, 120), "Lectures, Interviews, Streaming",
            "plug and play, glare free, low latency, noise cancelling, hands free, foldable, "
            "high speed, lightweight",
            resolution=("720p", "1080p", "4k"), color=("black", "white", "grey")),
        _kind("Memory Card", "a", "Computer Storage", (9, 110), "Drones, Cameras, Dash Cams",
            "high speed, shock proof, water resistant, plug and play, energy efficient, "
            "heavy duty, scratch resistant, travel friendly",
            capacity=STORAGE, pack=PACK),
        _kind("Smart Plug", "a", "Home Automation", (8, 48), "Heaters, Christmas Lights, Fans",
            "energy saving, hands free, long range, plug and play, space saving, heavy duty, "
            "water resistant, touch controlled",
            color=("black", "white"), pack=PACK),
    ),
    "fashion": (
        _kind("Running Shoes", "some", "Athletic Shoes", (35, 150), "Marathons, Flat Feet",
            "lightweight, breathable, slip resistant, quick drying, water resistant, "
            "moisture wicking, machine washable, hand stitched",
            size=SHOES, color=COLOR),
        _kind("Hiking Boots", "some", "Boots", (49, 190), "Rocky Trails, Snow",
            "water resistant, slip resistant, hand stitched, fleece lined, heavy duty, "
            "breathable, lightweight, quick drying",
            size=SHOES, color=COLOR, fit=FIT),
        _kind("Winter Jacket", "a", "Outerwear", (45, 220), "Skiing, City Commuting, Dog Walks",
            "wind proof, water resistant, fleece lined, machine washable, lightweight, "
            "reversible, breathable, heavy duty",
            size=CLOTHES, color=COLOR),
        _kind("Denim Jeans", "some", "Pants", (24, 98), "Tall People, Work, Weekends",
            "machine washable, stretchy, high waisted, wrinkle free, hand stitched, "
            "fleece lined, stain resistant, quick drying",
            size=CLOTHES, color=("black", "navy", "grey", "white"), fit=FIT),
        _kind("Polo Shirt", "a", "Shirts", (14, 62), "Golf, Office, School Uniforms",
            "machine washable, wrinkle free, moisture wicking, breathable, tag free, stretchy, "
            "quick drying, stain resistant",
            size=CLOTHES, color=COLOR, fit=FIT),
        _kind("Yoga Leggings", "some", "Activewear", (16, 74), "Pilates, Cold Mornings, Lounging",
            "stretchy, high waisted, moisture wicking, machine washable, breathable, "
            "fleece lined, tag free, quick drying",
            size=CLOTHES, color=COLOR),
        _kind("Crew Socks", "some", "Hosiery", (6, 32), "Work Boots, Tennis, Diabetics",
            "moisture wicking, machine washable, breathable, stretchy, tag free, non slip, "
            "quick drying, fleece lined",
            color=COLOR, pack=PACK),
        _kind("Summer Dress", "a", "Dresses", (19, 95), "Weddings, Beach, Hot Days",
            "machine washable, wrinkle free, breathable, lightweight, stretchy, high waisted, "
            "reversible, quick drying",
            size=CLOTHES, color=COLOR),
        _kind("Dress Belt", "a", "Accessories", (9, 58), "Suits, Jeans, Uniforms",
            "reversible, hand stitched, scratch resistant, water resistant, stretchy, "
            "heavy duty, lightweight, stain resistant",
            size=CLOTHES, color=("black", "cognac", "espresso", "white")),
        _kind("Swim Trunks", "some", "Swimwear", (13, 60), "Surfing, Lap Swimming, Vacation",
            "quick drying, stretchy, machine washable, lightweight, tag free, breathable, "
            "reversible, moisture wicking",
            size=CLOTHES, color=COLOR, fit=FIT),
    ),
}  # fmt: skip
"""The kinds of each category; the categories are those of the official files."""
