"""Stock: what to order, move and mark down, given forecasts of demand, and the simulator that proves it."""

from training.stock.family import Stock

FAMILY_MODEL = Stock()
