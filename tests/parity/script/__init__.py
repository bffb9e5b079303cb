"""The calls: every action of the local EC2, as Holdfast, its demo and its tests make them, and as they go wrong.

Each scenario makes what it needs. A call that one side takes and the other refuses stands at the end of its scenario,
or is about something that no later call is about, so that one difference does not make others. Commands come first:
moto sends each to every instance that there is.
"""

from script import addresses, commands, fleets, groups, hooks, instances, volumes

SCENARIOS = [scenario for part in (commands, instances, volumes, addresses, fleets, groups, hooks)
             for scenario in part.SCENARIOS]
