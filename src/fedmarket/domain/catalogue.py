"""DataCatalog.vy in plain Python: the oracle of its tests, and what events of a catalogue are replayed on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.domain.listing import MOST_PRICE, Listing, UseKind
from fedmarket.domain.reference.state import ZERO, Event, refuse, require

BITS = {UseKind.TRAIN: 1, UseKind.APPRAISE: 2, UseKind.COPY: 4}
ALL_USES = sum(BITS.values())
CATALOGUE_EVENTS: dict[str, dict[str, type]] = {
    "Published": {
        "dataset": int,
        "owner": str,
        "listing": bytes,
        "uses": int,
        "train_price": int,
        "appraise_price": int,
        "copy_price": int,
    },
    "Revised": {
        "dataset": int,
        "owner": str,
        "version": int,
        "listing": bytes,
        "uses": int,
        "train_price": int,
        "appraise_price": int,
        "copy_price": int,
    },
    "Retired": {"dataset": int, "owner": str},
}
"""The contract's events: their fields in order, with the Python type of each."""


@dataclass(frozen=True)
class Offered:
    """What one version of a dataset offers: its listing's hash, the uses' bits, and their prices in base units."""

    listing: bytes
    uses: int
    train_price: int
    appraise_price: int
    copy_price: int

    @classmethod
    def of(cls, listing: Listing, listing_hash: bytes) -> "Offered":
        """Return what the contract is to hold of a listing."""
        prices = {kind: use.price if (use := listing.use(kind)) else 0 for kind in UseKind}
        uses = sum(BITS[kind] for kind in UseKind if listing.use(kind))
        return cls(listing_hash, uses, prices[UseKind.TRAIN], prices[UseKind.APPRAISE], prices[UseKind.COPY])

    @property
    def arguments(self) -> tuple[bytes, int, int, int, int]:
        """The verbs' last arguments, in their order."""
        return self.listing, self.uses, self.train_price, self.appraise_price, self.copy_price

    @property
    def slot(self) -> bytes:
        """Keccak of the ABI encoding, as the contract stores it."""
        return keccak(encode(("bytes32", *("uint256",) * 4), self.arguments))


@dataclass
class Dataset:
    """A dataset: its owner, every version that was ever offered, the first first, and whether it is retired."""

    owner: str
    offers: list[Offered]
    retired: bool = False

    @property
    def version(self) -> int:
        """The number of the version that stands, from 1."""
        return len(self.offers)

    @property
    def offer(self) -> Offered:
        """What is offered now, or was last."""
        return self.offers[-1]


@dataclass
class Catalogue:
    """The contract's storage, and its log."""

    now: int = 1
    block: int = 1
    datasets: dict[int, Dataset] = field(default_factory=dict)
    listed: dict[tuple[str, bytes], int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def log(self, name: str, **fields: Any) -> None:
        """Append an event to the record."""
        self.events.append(Event(name, fields, self.block, self.now))

    def own(self, sender: str, dataset: int) -> Dataset:
        """Return a dataset that `sender` may change."""
        if dataset not in self.datasets:
            refuse("unknown_dataset")
        found = self.datasets[dataset]
        require(found.owner == sender, "not_the_owner")
        require(not found.retired, "retired")
        return found

    def stands(self, dataset: int, version: int, offered: Offered) -> bool:
        """Tell whether a dataset can be ordered now, and exactly so."""
        found = self.datasets.get(dataset)
        return found is not None and not found.retired and found.version == version and found.offer == offered


def publish(
    catalogue: Catalogue,
    sender: str,
    listing: bytes,
    uses: int,
    train_price: int,
    appraise_price: int,
    copy_price: int,
) -> int:
    """Offer a dataset and return its number."""
    offered = Offered(listing, uses, train_price, appraise_price, copy_price)
    _check_offer(catalogue, sender, offered)
    dataset = len(catalogue.datasets) + 1
    catalogue.datasets[dataset] = Dataset(sender, [offered])
    catalogue.listed[(sender, listing)] = dataset
    catalogue.log("Published", dataset=dataset, owner=sender, **offered.__dict__)
    return dataset


def revise(
    catalogue: Catalogue,
    sender: str,
    dataset: int,
    version: int,
    listing: bytes,
    uses: int,
    train_price: int,
    appraise_price: int,
    copy_price: int,
) -> None:
    """Offer a dataset in another way; `version` is the next one."""
    found = catalogue.own(sender, dataset)
    require(version == found.version + 1, "wrong_version")
    offered = Offered(listing, uses, train_price, appraise_price, copy_price)
    _check_offer(catalogue, sender, offered)
    found.offers.append(offered)
    catalogue.listed[(sender, listing)] = dataset
    catalogue.log("Revised", dataset=dataset, owner=sender, version=version, **offered.__dict__)


def retire(catalogue: Catalogue, sender: str, dataset: int) -> None:
    """Offer a dataset no longer."""
    catalogue.own(sender, dataset).retired = True
    catalogue.log("Retired", dataset=dataset, owner=sender)


DISPATCH: dict[str, Callable[..., Any]] = {verb.__name__: verb for verb in (publish, revise, retire)}


def call(catalogue: Catalogue, sender: str, verb: str, *args: Any) -> Any:
    """Call one verb; a refusal (ContractRefusal) leaves the catalogue as it was."""
    return DISPATCH[verb](catalogue, sender, *args)


def _check_offer(catalogue: Catalogue, sender: str, offered: Offered) -> None:
    require(offered.listing != ZERO, "no_listing")
    require(offered.uses != 0, "no_use")
    require(offered.uses <= ALL_USES, "bad_uses")
    prices = (offered.train_price, offered.appraise_price, offered.copy_price)
    for price, bit in zip(prices, BITS.values(), strict=True):
        require(price <= MOST_PRICE, "price_too_large")
        require(offered.uses & bit or price == 0, "price_without_use")
    require((sender, offered.listing) not in catalogue.listed, "listing_exists")
