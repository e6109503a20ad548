using Lateen.Model;
using Lateen.Model.Services;

namespace Lateen.Translation.Listeners;

/// <summary>For which port, and by which VirtualService, connections are routed.</summary>
/// <param name="Port">The port that callers use.</param>
/// <param name="ExchangesPeers">The mesh's mutual TLS ends at this listener, so that callers may be sidecars that tell who they are.</param>
internal sealed record TcpRouteScope(ProxyContext Context, ServicePort Port, ConfigMeta Source, bool ExchangesPeers = false);
