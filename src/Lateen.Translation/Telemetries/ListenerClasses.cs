using Envoy.Config.Core.V3;

namespace Lateen.Translation.Telemetries;

/// <summary>What a listener is, as far as telemetry asks.</summary>
internal enum ListenerClass
{
    SidecarInbound,
    SidecarOutbound,
    Gateway,
}

/// <summary>Tells what a listener is.</summary>
internal static class ListenerClasses
{
    public static ListenerClass Of(ProxyContext context, TrafficDirection direction) => context.IsGateway ? ListenerClass.Gateway
        : direction == TrafficDirection.Inbound ? ListenerClass.SidecarInbound
        : ListenerClass.SidecarOutbound;
}
