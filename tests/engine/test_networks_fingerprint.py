"""A network's fingerprint names its answers on disk, so it has to be the same in every process."""

import pytest

from core.networks.catalogue import open_network
from core.networks.network import _told


@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18"])
def test_functions_are_named_and_not_by_where_they_lie_in_memory(name):
    """torch.cat and torch.flatten would be '<built-in method cat of type object at 0x…>'."""
    told = [_told(node) for node in open_network(f"torchvision:{name}@untrained").graph.nodes]
    assert any("flatten" in one for one in told)
    assert not any(" at 0x" in one for one in told)
