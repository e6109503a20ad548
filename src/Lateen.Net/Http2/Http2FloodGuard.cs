namespace Lateen.Net.Http2;

/// <summary>Counts what costs a peer little and us much; each answer false means that the connection ends with ENHANCE_YOUR_CALM (RFC 9113 10.5).</summary>
internal struct Http2FloodGuard(Http2Limits limits)
{
    private long _opened;
    private long _dataFramesSent;
    private long _windowUpdates;
    private long _priorities;
    private int _empty;
    private long _rapidResets;
    private int _controlQueued;
    private int _framesQueued;

    public void OnStreamOpened() => _opened++;

    public void OnDataFrameSent() => _dataFramesSent++;

    /// <summary>The formulas are those of Http2ProtocolOptions.max_inbound_window_update_frames_per_data_frame_sent and of max_inbound_priority_frames_per_stream.</summary>
    public bool AllowsWindowUpdate() =>
        ++_windowUpdates <= 5 + (2 * (_opened + (limits.MaximumWindowUpdatesPerDataFrame * _dataFramesSent)));

    public bool AllowsPriority() => ++_priorities <= limits.MaximumPriorityFramesPerStream * (1 + _opened);

    /// <summary>CVE-2019-9518: frames that say nothing, one after the other.</summary>
    public bool AllowsPayload(int length, bool endStream)
    {
        if (length > 0 || endStream)
        {
            _empty = 0;
            return true;
        }
        return ++_empty <= limits.MaximumConsecutiveEmptyFrames;
    }

    /// <summary>CVE-2023-44487: streams that are opened only to be reset.</summary>
    public bool AllowsReset(long streamAge)
    {
        if (streamAge < limits.RapidResetLifetimeMilliseconds)
        {
            _rapidResets++;
        }
        return _opened < limits.RapidResetStreams || _rapidResets * 2 <= _opened;
    }

    /// <summary>A frame of ours that waits for a peer who does not read (CVE-2019-9512, -9515).</summary>
    public bool AllowsQueued(bool control)
    {
        _controlQueued += control ? 1 : 0;
        return ++_framesQueued <= limits.MaximumOutboundFrames && _controlQueued <= limits.MaximumOutboundControlFrames;
    }

    /// <summary>The peer has read everything.</summary>
    public void OnOutputDrained() => (_controlQueued, _framesQueued) = (0, 0);
}
