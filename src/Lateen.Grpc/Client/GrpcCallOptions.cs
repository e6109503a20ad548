namespace Lateen.Grpc.Client;

/// <summary>What one call adds.</summary>
/// <param name="Timeout">After this long the call ends with DeadlineExceeded; null means never.</param>
/// <param name="Metadata">Request headers, for example <c>authorization</c>.</param>
public sealed record GrpcCallOptions(TimeSpan? Timeout = null, IReadOnlyList<KeyValuePair<string, string>>? Metadata = null);
