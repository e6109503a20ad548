using System.Net;

namespace Lateen.Proxy.Local;

/// <summary>An address served in the process by a handler.</summary>
/// <param name="Name">For messages and the listeners page, e.g. <c>admin</c>.</param>
/// <param name="Address">Where to listen; port 0 picks one (see <see cref="ProxyServer.LocalAddress"/>).</param>
/// <param name="Handler">Who answers.</param>
public sealed record LocalListener(string Name, IPEndPoint Address, ILocalHandler Handler);
