#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title DataCatalog
@license Apache-2.0
@notice What owners offer of their datasets: a listing's hash, the uses for sale and their prices, version by version.
        It holds no money. Nobody but its owner changes a dataset, and nothing can be upgraded.
@dev A listing is a document off chain; whoever reads it checks that it names this owner and these prices. Prices are in
     base units of `token`.
@custom:invariant-versions_stand what a version offered is never rewritten, so an order that names one is not touched.
@custom:invariant-versions_in_order a dataset's versions count from 1, one by one.
@custom:invariant-listed_once an owner lists a hash once.
@custom:invariant-owner_alone nobody but its owner revises or retires a dataset.
@custom:invariant-retired_for_good a retired dataset never changes again.
"""

import catalog_refusal as reason
import refusal

# A dataset was offered for the first time: its version 1. Bits of uses: 1 train, 2 appraise, 4 copy.
event Published:
    dataset: indexed(uint256)
    owner: indexed(address)
    listing: bytes32
    uses: uint256
    train_price: uint256
    appraise_price: uint256
    copy_price: uint256


# A dataset is offered in another way from here on.
event Revised:
    dataset: indexed(uint256)
    owner: indexed(address)
    version: uint256
    listing: bytes32
    uses: uint256
    train_price: uint256
    appraise_price: uint256
    copy_price: uint256


# A dataset is no longer offered.
event Retired:
    dataset: indexed(uint256)
    owner: indexed(address)


struct Dataset:
    owner: address
    version: uint256  # of the offer that stands, from 1
    retired: bool


TRAIN: constant(uint256) = 1
APPRAISE: constant(uint256) = 2
COPY: constant(uint256) = 4
ALL_USES: constant(uint256) = 7
MOST_PRICE: constant(uint256) = 10**25
VERSION_AT: constant(uint256) = 160
RETIRED_AT: constant(uint256) = 224

token: public(immutable(address))
dataset_count: public(uint256)
dataset_of: public(HashMap[address, HashMap[bytes32, uint256]])
offer_slot: public(HashMap[uint256, HashMap[uint256, bytes32]])
words: HashMap[uint256, uint256]  # owner in 160 bits, version in 64, retired in 1


@deploy
def __init__(token_: address):
    """
    @notice A catalogue whose prices are in one token.
    """
    assert token_ != empty(address), "no_token"
    token = token_


@external
def publish(
    listing: bytes32, uses: uint256, train_price: uint256, appraise_price: uint256, copy_price: uint256
) -> uint256:
    """
    @notice Offer a dataset: its listing's hash, the uses for sale (1 train, 2 appraise, 4 copy, added up), and the
            price of each; a use that is not for sale has the price 0.
    """
    dataset: uint256 = self.dataset_count + 1
    self._offer(dataset, 1, listing, uses, train_price, appraise_price, copy_price)
    self.dataset_count = dataset
    self.words[dataset] = self._pack(msg.sender, 1, 0)
    log Published(
        dataset=dataset,
        owner=msg.sender,
        listing=listing,
        uses=uses,
        train_price=train_price,
        appraise_price=appraise_price,
        copy_price=copy_price,
    )
    return dataset


@external
def revise(
    dataset: uint256,
    version: uint256,
    listing: bytes32,
    uses: uint256,
    train_price: uint256,
    appraise_price: uint256,
    copy_price: uint256,
):
    """
    @notice Offer a dataset in another way: other data, other words, other prices. `version` is the next one.
    """
    refusal.require(version == self._own(dataset).version + 1, reason.WRONG_VERSION)
    self._offer(dataset, version, listing, uses, train_price, appraise_price, copy_price)
    self.words[dataset] = self._pack(msg.sender, version, 0)
    log Revised(
        dataset=dataset,
        owner=msg.sender,
        version=version,
        listing=listing,
        uses=uses,
        train_price=train_price,
        appraise_price=appraise_price,
        copy_price=copy_price,
    )


@external
def retire(dataset: uint256):
    """
    @notice Offer a dataset no longer. What was ordered before stays as it is.
    """
    found: Dataset = self._own(dataset)
    self.words[dataset] = self._pack(msg.sender, found.version, 1)
    log Retired(dataset=dataset, owner=msg.sender)


# --- what anybody may read; the whole history is in the events


@external
@view
def dataset_at(dataset: uint256) -> Dataset:
    """
    @notice Who owns a dataset, which version stands, and whether it is retired; all zero for an unknown one.
    """
    return self._dataset(dataset)


@external
@view
def stands(
    dataset: uint256,
    version: uint256,
    listing: bytes32,
    uses: uint256,
    train_price: uint256,
    appraise_price: uint256,
    copy_price: uint256,
) -> bool:
    """
    @notice Whether a dataset can be ordered now, and exactly so: what another contract asks before it takes an order.
    """
    found: Dataset = self._dataset(dataset)
    slot: bytes32 = self._slot(listing, uses, train_price, appraise_price, copy_price)
    return not found.retired and found.version == version and self.offer_slot[dataset][version] == slot


# --- what the verbs share


@internal
def _offer(
    dataset: uint256,
    version: uint256,
    listing: bytes32,
    uses: uint256,
    train_price: uint256,
    appraise_price: uint256,
    copy_price: uint256,
):
    refusal.require(listing != empty(bytes32), reason.NO_LISTING)
    refusal.require(uses != 0, reason.NO_USE)
    refusal.require(uses <= ALL_USES, reason.BAD_USES)
    self._check_price(train_price, uses & TRAIN)
    self._check_price(appraise_price, uses & APPRAISE)
    self._check_price(copy_price, uses & COPY)
    refusal.require(self.dataset_of[msg.sender][listing] == 0, reason.LISTING_EXISTS)
    self.dataset_of[msg.sender][listing] = dataset
    self.offer_slot[dataset][version] = self._slot(listing, uses, train_price, appraise_price, copy_price)


@internal
@pure
def _check_price(price: uint256, offered: uint256):
    refusal.require(price <= MOST_PRICE, reason.PRICE_TOO_LARGE)
    refusal.require(offered != 0 or price == 0, reason.PRICE_WITHOUT_USE)


@internal
@view
def _own(dataset: uint256) -> Dataset:
    found: Dataset = self._dataset(dataset)
    refusal.require(found.owner != empty(address), reason.UNKNOWN_DATASET)
    refusal.require(found.owner == msg.sender, reason.NOT_THE_OWNER)
    refusal.require(not found.retired, reason.RETIRED)
    return found


@internal
@view
def _dataset(dataset: uint256) -> Dataset:
    word: uint256 = self.words[dataset]
    return Dataset(
        owner=convert(word & convert(max_value(uint160), uint256), address),
        version=(word >> VERSION_AT) & convert(max_value(uint64), uint256),
        retired=(word >> RETIRED_AT) != 0,
    )


@internal
@pure
def _pack(owner: address, version: uint256, retired: uint256) -> uint256:
    return convert(owner, uint256) | (version << VERSION_AT) | (retired << RETIRED_AT)


@internal
@pure
def _slot(
    listing: bytes32, uses: uint256, train_price: uint256, appraise_price: uint256, copy_price: uint256
) -> bytes32:
    return keccak256(abi_encode(listing, uses, train_price, appraise_price, copy_price))
