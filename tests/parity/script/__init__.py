"""The calls: every action of the local EC2, as Holdfast, its demo and its tests make them, and as they go wrong.

Each scenario makes what it needs. A call that one side takes and the other refuses stands at the end of its scenario,
or is about something that no later call is about, so that one difference does not make others.
"""

from script import addresses, fleets, instances, volumes

SCENARIOS = instances.SCENARIOS + volumes.SCENARIOS + addresses.SCENARIOS + fleets.SCENARIOS
