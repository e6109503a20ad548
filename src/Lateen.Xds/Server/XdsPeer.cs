using Envoy.Config.Core.V3;
using Lateen.Grpc.Server;

namespace Lateen.Xds.Server;

/// <summary>Who opened a stream.</summary>
/// <param name="ConnectionId"><c>node id - counter</c>, unique in this process.</param>
/// <param name="Node">The node of the first request.</param>
/// <param name="Call">Address, certificate and metadata (token) of the call.</param>
/// <param name="ConnectedAt">When the first request came.</param>
/// <param name="IsDelta">Incremental rather than state of the world.</param>
public sealed record XdsPeer(string ConnectionId, Node Node, GrpcServerCall Call, DateTimeOffset ConnectedAt, bool IsDelta);
