using System.Text;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Io.Istio.Http.PeerMetadata;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Filters.PeerMetadata;

/// <summary>io.istio.http.peer_metadata.Config to <see cref="PeerMetadataFilter"/>.</summary>
internal static class PeerMetadataCompiler
{
    public static PeerMetadataFilter Compile(CompileScope scope, Config config, string name)
    {
        Config.Types.IstioHeaders? upstream = config.UpstreamPropagation.FirstOrDefault(p => p.IstioHeaders is not null)?.IstioHeaders;
        return new PeerMetadataFilter
        {
            Name = name,
            OwnMetadata = PeerHeader.Encode(scope.Host.Node.Metadata ?? new Struct()),
            OwnId = Encoding.UTF8.GetBytes(scope.Host.Node.Id),
            ReadsRequest = ByHeaders(config.DownstreamDiscovery),
            ReadsResponse = ByHeaders(config.UpstreamDiscovery),
            AddsToRequest = upstream is not null,
            SkipsExternalClusters = upstream?.SkipExternalClusters ?? false,
            AddsToResponse = config.DownstreamPropagation.Any(p => p.IstioHeaders is not null),
        };
    }

    private static bool ByHeaders(RepeatedField<Config.Types.DiscoveryMethod> methods) => methods.Any(m => m.IstioHeaders is not null);
}
