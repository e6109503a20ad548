using Envoy.Service.Discovery.V3;

namespace Lateen.Xds.Server;

/// <summary>A state-of-the-world request whose names were taken out of it.</summary>
/// <param name="Message">Everything but resource_names.</param>
/// <param name="Names">resource_names.</param>
internal sealed record SotwRequest(DiscoveryRequest Message, NameSet Names);
