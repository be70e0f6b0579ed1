"""Choose sites under the switches: two services, capacity, floors, phases, several speeds, ways of acquiring a site."""
