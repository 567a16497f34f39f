import pytest
import torch
from torch import nn

from winnow.models.heads import adapt_input, adapt_input_weight, head_parameters


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.ReLU()),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    )


def test_gray_excites_what_its_rgb_copy_did() -> None:
    model, gray = network(), torch.rand(2, 1, 9, 9)
    expected = model(gray.expand(-1, 3, -1, -1))
    adapt_input(model, 1)
    torch.testing.assert_close(model(gray), expected)


def test_alpha_is_ignored_until_training_learns_it() -> None:
    model, image = network(), torch.rand(2, 4, 9, 9)
    expected = model(image[:, :3])
    adapt_input(model, 4)
    torch.testing.assert_close(model(image), expected)
    model(image).sum().backward()
    assert model[0][0].weight.grad[:, 3].abs().sum() > 0


def test_rgb_stays_as_it_is() -> None:
    model = network()
    first = model[0][0]
    adapt_input(model, 3)
    assert model[0][0] is first


def test_geometry_and_bias_are_kept() -> None:
    model = nn.Sequential(nn.Conv2d(3, 6, (3, 5), stride=(2, 1), padding=(1, 2), dilation=(1, 1)))
    bias = model[0].bias
    adapt_input(model, 1)
    assert model[0].bias is bias
    assert model(torch.rand(1, 1, 8, 8)).shape == (1, 6, 4, 8)


def test_adapting_draws_no_random_numbers() -> None:
    model = network()
    before = torch.random.get_rng_state()
    adapt_input(model, 4)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_network_that_reads_no_rgb_is_refused() -> None:
    with pytest.raises(ValueError, match="no convolution reads RGB"):
        adapt_input(nn.Sequential(nn.Linear(3, 2)), 1)


def test_adapted_weights_have_the_channels_asked_for() -> None:
    weight = torch.rand(8, 3, 5, 5)
    assert adapt_input_weight(weight, 1).shape == (8, 1, 5, 5)
    assert adapt_input_weight(weight, 4).shape == (8, 4, 5, 5)


def test_the_head_is_the_last_layer_with_an_output_for_each_class() -> None:
    model = nn.Sequential(nn.Conv2d(3, 5, 1), nn.Flatten(), nn.Linear(20, 5), nn.Dropout())
    assert head_parameters(model, 5) == {"2.weight", "2.bias"}
    assert head_parameters(model, 6) == set()


def test_timm_says_itself_what_its_heads_are() -> None:
    class Distilled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head, self.head_dist, self.last = nn.Linear(4, 2), nn.Linear(4, 2), nn.Linear(2, 2)

        def get_classifier(self) -> tuple[nn.Module, nn.Module]:
            return self.head, self.head_dist

    assert head_parameters(Distilled(), 2) == {"head.weight", "head.bias", "head_dist.weight", "head_dist.bias"}
