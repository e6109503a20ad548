using Lateen.Net.Sockets;
using Lateen.Proxy.Http;
using Lateen.Proxy.Tcp;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Listeners;

/// <summary>What a connection is handed to. Exactly one of <see cref="Http"/> and <see cref="Tcp"/> is set, or neither for a chain without a terminal filter.</summary>
internal sealed class FilterChain
{
    public required string Name { get; init; }

    public required ChainMatch Match { get; init; }

    public HttpManager? Http { get; init; }

    public TcpProxyConfig? Tcp { get; init; }

    /// <summary>The chain ends TLS; null: it takes plain bytes.</summary>
    public DownstreamTls? Tls { get; init; }

    /// <summary>Each connection counts against all of them.</summary>
    public ConnectionLimit[] Limits { get; init; } = [];

    /// <summary>The message's bytes: an equal chain of the next version keeps this object, and its connections go on undisturbed.</summary>
    public required Google.Protobuf.ByteString Fingerprint { get; init; }
}

/// <summary>How specific a chain's source condition is (FilterChainMatch.source_type).</summary>
internal enum SourceType
{
    Any,
    SameIpOrLoopback,
    External,
}

/// <summary>An address range.</summary>
internal readonly record struct Cidr(IpEndpoint Address, int Length)
{
    public bool Contains(in IpEndpoint address)
    {
        if (address.IsIpv6 != Address.IsIpv6 || !address.IsValid)
        {
            return false;
        }
        (ulong high, ulong low) = address.Bits;
        (ulong wantHigh, ulong wantLow) = Address.Bits;
        if (!address.IsIpv6)
        {
            return Length == 0 || (low ^ wantLow) >> (32 - Length) == 0;
        }
        return Length <= 64
            ? Length == 0 || (high ^ wantHigh) >> (64 - Length) == 0
            : high == wantHigh && (low ^ wantLow) >> (128 - Length) == 0;
    }
}

/// <summary>A chain's conditions (envoy.config.listener.v3.FilterChainMatch), compiled; empty means any.</summary>
internal sealed record ChainMatch
{
    public static readonly ChainMatch Any = new();

    public int DestinationPort { get; init; }

    public Cidr[] Prefixes { get; init; } = [];

    /// <summary>Lower case; a leading <c>*.</c> is kept.</summary>
    public string[] ServerNames { get; init; } = [];

    public string TransportProtocol { get; init; } = "";

    public string[] ApplicationProtocols { get; init; } = [];

    public SourceType SourceType { get; init; }

    public Cidr[] SourcePrefixes { get; init; } = [];

    public Cidr[] DirectSourcePrefixes { get; init; } = [];

    public int[] SourcePorts { get; init; } = [];

    /// <summary>The choice among chains needs what the inspectors find.</summary>
    public bool NeedsInspection => ServerNames.Length > 0 || TransportProtocol.Length > 0 || ApplicationProtocols.Length > 0;
}
