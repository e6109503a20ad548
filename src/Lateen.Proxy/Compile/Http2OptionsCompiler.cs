using Envoy.Config.Core.V3;
using Lateen.Net.Http1;
using Lateen.Net.Http2;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.core.v3.Http2ProtocolOptions to what a session grants.</summary>
internal static class Http2OptionsCompiler
{
    private const uint SmallestWindow = 65_535, LargestWindow = int.MaxValue;

    public static Http2Limits Compile(Http2ProtocolOptions? options, HeadLimits head)
    {
        Http2Limits defaults = Http2Limits.Default with { Head = head };
        if (options is null)
        {
            return defaults;
        }
        return defaults with
        {
            AllowsConnect = options.AllowConnect,
            MaximumStreams = (int)Math.Clamp(options.MaxConcurrentStreams ?? (uint)defaults.MaximumStreams, 1, int.MaxValue),
            StreamWindow = (int)Math.Clamp(options.InitialStreamWindowSize ?? (uint)defaults.StreamWindow, SmallestWindow, LargestWindow),
            ConnectionWindow = (int)Math.Clamp(options.InitialConnectionWindowSize ?? (uint)defaults.ConnectionWindow, SmallestWindow, LargestWindow),
            HeaderTableSize = (int)Math.Clamp(options.HpackTableSize ?? 4096, 0, 64 * 1024),
            MaximumOutboundFrames = (int)Math.Clamp(options.MaxOutboundFrames ?? (uint)defaults.MaximumOutboundFrames, 1, int.MaxValue),
            MaximumOutboundControlFrames =
                (int)Math.Clamp(options.MaxOutboundControlFrames ?? (uint)defaults.MaximumOutboundControlFrames, 1, int.MaxValue),
            MaximumConsecutiveEmptyFrames = (int)Math.Clamp(
                options.MaxConsecutiveInboundFramesWithEmptyPayload ?? (uint)defaults.MaximumConsecutiveEmptyFrames, 0, int.MaxValue),
            MaximumPriorityFramesPerStream = (int)Math.Clamp(
                options.MaxInboundPriorityFramesPerStream ?? (uint)defaults.MaximumPriorityFramesPerStream, 0, int.MaxValue),
            MaximumWindowUpdatesPerDataFrame = (int)Math.Clamp(
                options.MaxInboundWindowUpdateFramesPerDataFrameSent ?? (uint)defaults.MaximumWindowUpdatesPerDataFrame, 1, int.MaxValue),
        };
    }
}
