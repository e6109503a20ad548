using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Interception.Rendering;

public sealed class RestoreRendererTests
{
    [Fact]
    public void Render_DefaultPod_IsTheRuleSetPeopleKnow()
    {
        InterceptionOptions options = new()
        {
            InboundPorts = PortSelection.Every,
            InboundPortsExcluded = [15090, 15021, 15020],
            OutboundAddresses = AddressSelection.Every,
        };

        RestoreRenderer.Render(InterceptionRuleBuilder.Build(options, new HostFacts()).V4).ShouldBe("""
            * nat
            -N ISTIO_INBOUND
            -N ISTIO_REDIRECT
            -N ISTIO_IN_REDIRECT
            -N ISTIO_OUTPUT
            -A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN
            -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
            -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
            -A PREROUTING -p tcp -j ISTIO_INBOUND
            -A ISTIO_INBOUND -p tcp --dport 15090 -j RETURN
            -A ISTIO_INBOUND -p tcp --dport 15021 -j RETURN
            -A ISTIO_INBOUND -p tcp --dport 15020 -j RETURN
            -A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
            -A OUTPUT -p tcp -j ISTIO_OUTPUT
            -A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN
            -A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
            -A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT
            -A ISTIO_OUTPUT -o lo -m owner ! --gid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
            -A ISTIO_OUTPUT -j ISTIO_REDIRECT
            COMMIT

            """);
    }
}
