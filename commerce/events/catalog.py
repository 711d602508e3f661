"""Which event names are known, and the model of each one's properties. Any other name is a custom event."""

from __future__ import annotations

from pydantic import BaseModel

from commerce.events import ecommerce as shop
from commerce.events import own, risk

PROPERTIES: dict[str, type[BaseModel]] = {
    "Products Searched": shop.ProductsSearched,
    "Product List Viewed": shop.ProductList,
    "Product List Filtered": shop.ProductList,
    "Promotion Viewed": shop.Promotion,
    "Promotion Clicked": shop.Promotion,
    "Product Clicked": shop.Product,
    "Product Viewed": shop.Product,
    "Product Added": shop.Product,
    "Product Removed": shop.Product,
    "Cart Viewed": shop.Cart,
    "Checkout Started": shop.CheckoutStarted,
    "Checkout Step Viewed": shop.CheckoutStep,
    "Checkout Step Completed": shop.CheckoutStep,
    "Payment Info Entered": shop.CheckoutStep,
    "Order Completed": shop.OrderWithLines,
    "Order Updated": shop.OrderWithLines,
    "Order Refunded": shop.Order,
    "Order Cancelled": shop.Order,
    "Coupon Entered": shop.Coupon,
    "Coupon Applied": shop.Coupon,
    "Coupon Denied": shop.Coupon,
    "Coupon Removed": shop.Coupon,
    "Product Added to Wishlist": shop.Product,
    "Product Removed from Wishlist": shop.Product,
    "Wishlist Product Added to Cart": shop.Product,
    "Product Shared": shop.Product,
    "Cart Shared": shop.Cart,
    "Product Reviewed": shop.ProductReviewed,
    "Login Attempted": risk.LoginAttempted,
    "Payment Attempted": risk.PaymentAttempted,
    "Session Observed": risk.SessionObserved,
    "Label Given": risk.LabelGiven,
    "Decision Made": risk.DecisionMade,
    "Email Sent": own.EmailInteraction,
    "Email Delivered": own.EmailInteraction,
    "Email Opened": own.EmailInteraction,
    "Email Link Clicked": own.EmailInteraction,
    "Email Bounced": own.EmailInteraction,
    "Email Marked as Spam": own.EmailInteraction,
    "Unsubscribed": own.EmailInteraction,
    "Stock Counted": own.StockCounted,
    "Delivery Updated": own.DeliveryUpdated,
    "Supply Terms Changed": own.SupplyTermsChanged,
    "Location Changed": own.LocationChanged,
    "Competitor Price Observed": own.CompetitorPriceObserved,
    "Marketing Spent": own.MarketingSpent,
    "Items Shown": own.ItemsShown,
}

FROM_SERVERS = frozenset({"Payment Attempted", "Login Attempted", "Session Observed", "Label Given", "Decision Made"})
"""Events that only a shop's own servers may send: whoever holds a browser's key, which is public, could otherwise have
a stranger's card stopped, make up a good history, or teach the models that a fraud was honest."""

INTERACTIONS: dict[str, str] = {
    "Email Sent": "sent",
    "Email Delivered": "delivered",
    "Email Opened": "opened",
    "Email Link Clicked": "clicked",
    "Email Bounced": "bounced",
    "Email Marked as Spam": "complained",
    "Unsubscribed": "unsubscribed",
}
"""What each letter event is called in the `messages` table."""
