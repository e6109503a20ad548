using System.Text;

namespace Lateen.Proxy.Telemetry;

/// <summary>What one thread remembers of its peers: workloads by the header they sent, texts that become labels.</summary>
internal sealed class WorkerTelemetry
{
    private const int MaximumPeers = 500, MaximumTexts = 1000;

    private readonly InternTable<Workload> _peers = new(MaximumPeers);
    private readonly InternTable<string> _texts = new(MaximumTexts);

    /// <summary>The peer that sent this x-envoy-peer-metadata; unknown if the value cannot be read.</summary>
    public Workload Peer(ReadOnlySpan<byte> header) =>
        _peers.TryGet(header, out Workload? known) ? known! : _peers.Add(header, PeerHeader.Decode(header) ?? Workload.Unknown);

    /// <summary>The peer that said this <see cref="PeerHello"/>; unknown if it cannot be read. No header's text equals such bytes.</summary>
    public Workload PeerOfHello(ReadOnlySpan<byte> payload) =>
        _peers.TryGet(payload, out Workload? known) ? known! : _peers.Add(payload, PeerHello.Decode(payload) ?? Workload.Unknown);

    /// <summary>The text as one string object for equal bytes.</summary>
    public string Text(ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty ? "" : _texts.TryGet(bytes, out string? known) ? known! : _texts.Add(bytes, Encoding.UTF8.GetString(bytes));
}
