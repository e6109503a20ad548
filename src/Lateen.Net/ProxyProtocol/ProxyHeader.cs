using Lateen.Net.Sockets;

namespace Lateen.Net.ProxyProtocol;

/// <summary>How far <see cref="ProxyHeaderReader"/> has come.</summary>
internal enum ProxyHeaderStatus
{
    /// <summary>What is there may still become a header.</summary>
    Incomplete,

    Complete,

    /// <summary>The stream does not begin with a header.</summary>
    Absent,

    /// <summary>It begins like a header and is none that may be accepted.</summary>
    Malformed,
}

/// <summary>What a PROXY header says of the connection that it stands before (HAProxy, "The PROXY protocol", 2).</summary>
internal readonly ref struct ProxyHeader
{
    /// <summary>Bytes of the header; what follows belongs to the client.</summary>
    public int Length { get; init; }

    /// <summary>1 or 2.</summary>
    public int Version { get; init; }

    /// <summary>False: the sender speaks for itself (LOCAL, UNKNOWN), the socket's own addresses hold.</summary>
    public bool HasAddresses { get; init; }

    public IpEndpoint Source { get; init; }

    public IpEndpoint Destination { get; init; }

    /// <summary>The type-length-value records of version 2, each checked to lie within.</summary>
    public ReadOnlySpan<byte> Records { get; init; }
}
