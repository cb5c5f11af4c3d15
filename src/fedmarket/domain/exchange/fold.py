"""Every order of an exchange from its events: what agents and auditors read."""

from collections.abc import Iterable

from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.exchange.state import OrderStatus, Sale
from fedmarket.domain.reference.state import Event

ENDS = {
    "OrderPaid": OrderStatus.PAID,
    "OrderRefunded": OrderStatus.REFUNDED,
    "OrderDisputed": OrderStatus.DISPUTED,
}


def fold(events: Iterable[Event]) -> dict[bytes, Sale]:
    """Return all orders by id, in the order in which they were made."""
    sales: dict[bytes, Sale] = {}
    for event in events:
        fields = event.fields
        if event.name == "Ordered":
            order = Order(fields["offer"], fields["buyer"], fields["opened_at"])
            sales[fields["order"]] = Sale(order, OrderStatus.ORDERED, order.opened_at + order.offer.delivery_window)
        elif event.name == "KeyRevealed":
            sale = sales[fields["order"]]
            sale.status, sale.delivery = OrderStatus.REVEALED, (fields["key"], fields["cipher_root"])
            sale.deadline = event.timestamp + sale.order.offer.dispute_window
        elif event.name in ENDS:
            sales[fields["order"]].status = ENDS[event.name]
    return sales
