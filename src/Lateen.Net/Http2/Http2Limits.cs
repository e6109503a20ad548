using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>What we grant a peer and what we put up with (envoy.config.core.v3.Http2ProtocolOptions; the defaults are Envoy's where no other is named).</summary>
internal sealed record Http2Limits
{
    public static readonly Http2Limits Default = new();

    public HeadLimits Head { get; init; } = HeadLimits.Request;

    /// <summary>SETTINGS_MAX_CONCURRENT_STREAMS. Envoy 1.27 sets no limit; a later default of its own, 1024, bounds the memory of a connection.</summary>
    public int MaximumStreams { get; init; } = 1024;

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE: what one stream may have us hold. Envoy 1.27: 256 MiB.</summary>
    public int StreamWindow { get; init; } = 256 * 1024;

    /// <summary>What all streams of a connection may have us hold together.</summary>
    public int ConnectionWindow { get; init; } = 16 * 1024 * 1024;

    public int HeaderTableSize { get; init; } = 4096;

    /// <summary>SETTINGS_ENABLE_CONNECT_PROTOCOL of a server: clients may ask for another protocol by CONNECT (RFC 8441, allow_connect).</summary>
    public bool AllowsConnect { get; init; }

    /// <summary>Answers we owe (PING, SETTINGS, RST_STREAM) while the peer does not read.</summary>
    public int MaximumOutboundControlFrames { get; init; } = 1000;

    /// <summary>Frames of every kind that wait for the peer to read.</summary>
    public int MaximumOutboundFrames { get; init; } = 10_000;

    /// <summary>DATA and HEADERS frames without payload and without END_STREAM, one after the other.</summary>
    public int MaximumConsecutiveEmptyFrames { get; init; } = 1;

    public int MaximumPriorityFramesPerStream { get; init; } = 100;

    public int MaximumWindowUpdatesPerDataFrame { get; init; } = 10;

    /// <summary>CVE-2023-44487: from so many streams on, a connection with more resets than half of them ends. Only resets within a second of the start count.</summary>
    public int RapidResetStreams { get; init; } = 500;

    public int RapidResetLifetimeMilliseconds { get; init; } = 1000;

    /// <summary>CONTINUATION frames behind one HEADERS: nghttp2's limit of eight, more where larger heads are allowed.</summary>
    public int MaximumContinuations => 8 + (Head.MaximumBytes / Http2Settings.DefaultFrameSize);
}
