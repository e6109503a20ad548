using Lateen.Net.Sockets;

namespace Lateen.Proxy.Tracing;

/// <summary>A span that is over, on its way to the collector.</summary>
internal sealed record SpanRecord
{
    public required ulong TraceHigh { get; init; }

    public required ulong TraceLow { get; init; }

    public required ulong Id { get; init; }

    /// <summary>0: none.</summary>
    public required ulong Parent { get; init; }

    public required string Name { get; init; }

    /// <summary>CLIENT or SERVER.</summary>
    public required bool IsClient { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long StartMilliseconds { get; init; }

    public required long DurationMilliseconds { get; init; }

    public required string Service { get; init; }

    public required IpEndpoint LocalAddress { get; init; }

    public required bool IsError { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; }
}
