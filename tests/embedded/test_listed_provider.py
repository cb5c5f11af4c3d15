"""A provider that joins with its dataset's listing earns that dataset a track record."""

import numpy as np

from fedmarket import Market
from fedmarket.domain.accounts import address_of
from fedmarket.domain.canonical import blob_id, digest
from fedmarket.domain.catalogue import Offered
from fedmarket.domain.listing_document import write_listing
from fedmarket.record.datasets import DatasetView
from fedmarket.record.track_record import track_record
from tests.domain.listings import listing


def test_a_listed_dataset_is_paid_and_its_card_says_so() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 3))
    y = np.where(x @ [1, -2, 0.5] + random.normal(size=400) > 0, "repaid", "defaulted")
    market = Market()
    owner = address_of(market.secret("provider large bank"))
    offered = listing(owner=owner)
    hash32 = digest(write_listing(offered))
    task = market.task(validation=(x[:150], y[:150]), budget=500)
    task.provider("large bank", x[150:330], y[150:330], listing=hash32)
    task.provider("small bank", x[330:], y[330:])
    report = task.run().report
    view = DatasetView(1, owner, 1, False, blob_id(hash32), (Offered.of(offered, hash32),), offered)
    track = track_record(market.record, view)
    paid = next(line for line in report.providers if line.name == "large bank")
    assert (track.paid, track.owed) == (1, paid.owed)
    assert track.against_equal is not None and 0 < track.against_equal <= 2
