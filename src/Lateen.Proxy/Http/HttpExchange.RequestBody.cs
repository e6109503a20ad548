using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>The request's body on its way: passed on, and kept for another attempt as long as it may be needed.</summary>
internal sealed partial class HttpExchange
{
    private const int EarlyBodyLimit = 64 * 1024;

    private byte[] _body = [];
    private int _bodyLength;
    private bool _bodyLost;

    private bool CanKeepBody => !_bodyLost && (_limits.RetriesLeft > 0 || !_replayedIdle)
        && _bodyLength + Math.Max(Request.ContentLength - BodyBytesIn, 0) <= _clusterConfig!.BufferLimit && !IsUpgrade;

    private void ForwardRequestData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_mirrors is not null)
        {
            MirrorData(data, endStream);
        }
        if (_upstream is { } upstream && CanTakeBody)
        {
            if (!_bodyLost)
            {
                Keep(data);
            }
            upstream.SendData(data, endStream);
            if (upstream.HasPendingOutput)
            {
                _downstream!.PauseReading();
            }
            if (endStream)
            {
                LastUpstreamOut = _worker.Loop.Now;
                ArmRequestTimer();
                ArmTryTimer();
            }
            return;
        }
        Keep(data);
        if (endStream)
        {
            ArmRequestTimer();
        }
        else if (_bodyLength >= Math.Max(EarlyBodyLimit, _bodyWanted))
        {
            _downstream!.PauseReading();
        }
    }

    private void ForwardRequestTrailers()
    {
        if (_upstream is { } upstream)
        {
            upstream.SendTrailers(RequestTrailers);
            LastUpstreamOut = _worker.Loop.Now;
            ArmTryTimer();
        }
        ArmRequestTimer();
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        int limit = Math.Max(_clusterConfig?.BufferLimit ?? 0, 2 * EarlyBodyLimit);
        if (_upstream is not null && _bodyLength + data.Length > limit)
        {
            _bodyLost = true;
            _bodyLength = 0;
            _clusterWorker!.Stats.Add(ClusterStat.RetryOrShadowAbandoned);
            return;
        }
        if (_body.Length < _bodyLength + data.Length)
        {
            Array.Resize(ref _body, Math.Max(_bodyLength + data.Length, Math.Max(2048, _body.Length * 2)));
        }
        data.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += data.Length;
    }
}
