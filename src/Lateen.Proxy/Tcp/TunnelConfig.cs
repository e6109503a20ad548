using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Tcp;

/// <summary>TcpProxy.tunneling_config, compiled: connections go to their host inside of CONNECT requests. Immutable.</summary>
/// <param name="Hostname">The target of CONNECT (host:port), with operators.</param>
/// <param name="Headers">headers_to_add of the request.</param>
/// <param name="Manager">Stands for the connection manager that such requests have not: idle time-out and log of the TCP proxy.</param>
internal sealed record TunnelConfig(LogFormat Hostname, HeaderEdits Headers, HttpManager Manager);
