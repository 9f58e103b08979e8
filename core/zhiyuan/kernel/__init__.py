"""The ground everything stands on: no word of the domain, no plugin, no web.

Read in this order: ``settings``, ``database``, ``uow``, ``commands``. The rest serves those four.
"""
