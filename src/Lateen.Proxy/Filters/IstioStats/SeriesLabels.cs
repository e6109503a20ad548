using System.Globalization;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>The labels of one kind of stream (Istio, "Istio Standard Metrics"). Made once for each, off the steady path.</summary>
internal sealed class SeriesLabels
{
    private const string Unknown = Workload.UnknownText;

    private readonly StreamKey _key;
    private readonly bool _destination;
    private readonly Workload _source;
    private readonly Workload _target;
    private readonly MeshService _service;
    private readonly string[] _custom;

    public SeriesLabels(IstioStatsConfig config, in StreamKey key)
    {
        _key = key;
        _destination = config.IsDestination;
        Workload peer = key.Peer ?? Workload.Unknown;
        (_source, _target) = _destination ? (peer, config.Own) : (config.Own, peer);
        _service = key.Service ?? (key.Host.Length > 0 ? MeshService.FromHost(key.Host)
            : MeshService.Named(_destination ? config.Own.CanonicalService : Unknown));
        _custom = key.Custom.Split('\0');
    }

    public IReadOnlyList<KeyValuePair<string, string>> Of(MeshMetric metric)
    {
        List<KeyValuePair<string, string>> labels = new(metric.Labels.Count);
        foreach (MeshLabel label in metric.Labels)
        {
            string value = label.Expression >= 0 ? Custom(label.Expression) : Standard(label.Standard);
            labels.Add(new(label.Name, value));
        }
        return labels;
    }

    private string Custom(int index) => _custom[index].Length > 0 ? _custom[index] : Unknown;

    private string Standard(MeshTag tag) => tag switch
    {
        MeshTag.Reporter => _destination ? "destination" : "source",
        MeshTag.SourceWorkload => _source.Name,
        MeshTag.SourceCanonicalService => _source.CanonicalService,
        MeshTag.SourceCanonicalRevision => _source.CanonicalRevision,
        MeshTag.SourceWorkloadNamespace => _source.Namespace,
        MeshTag.SourcePrincipal => (_destination ? _key.PeerPrincipal : _key.LocalPrincipal) ?? Unknown,
        MeshTag.SourceApp => _source.App,
        MeshTag.SourceVersion => _source.Version,
        MeshTag.SourceCluster => _source.Cluster,
        MeshTag.DestinationWorkload => _target.Name,
        MeshTag.DestinationWorkloadNamespace => _target.Namespace,
        MeshTag.DestinationPrincipal => (_destination ? _key.LocalPrincipal : _key.PeerPrincipal) ?? Unknown,
        MeshTag.DestinationApp => _target.App,
        MeshTag.DestinationVersion => _target.Version,
        MeshTag.DestinationService => _service.Host,
        MeshTag.DestinationServiceName => _service.Name,
        MeshTag.DestinationServiceNamespace => _service.Namespace != Unknown ? _service.Namespace : _target.Namespace,
        MeshTag.DestinationCanonicalService => _target.CanonicalService,
        MeshTag.DestinationCanonicalRevision => _target.CanonicalRevision,
        MeshTag.DestinationCluster => _target.Cluster,
        MeshTag.RequestProtocol => _key.Protocol switch { MeshProtocol.Grpc => "grpc", MeshProtocol.Tcp => "tcp", _ => "http" },
        MeshTag.ResponseCode => _key.Code.ToString(CultureInfo.InvariantCulture),
        MeshTag.GrpcResponseStatus => _key.GrpcStatus < 0 ? "" : _key.GrpcStatus.ToString(CultureInfo.InvariantCulture),
        MeshTag.ResponseFlags => _key.Flags.ToText(),
        // A client does not see whether the peer took its certificate, so the source does not say (Istio).
        _ => !_destination ? Unknown : _key.IsMutual ? "mutual_tls" : "none",
    };
}
