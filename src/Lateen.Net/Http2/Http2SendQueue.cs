using System.Diagnostics.CodeAnalysis;

namespace Lateen.Net.Http2;

/// <summary>The streams that have more to send, each once, in the order in which they came. A list through the streams themselves: nothing is allocated.</summary>
internal struct Http2SendQueue
{
    private Http2Stream? _first;

    /// <summary>The one that came last; null when nobody waits.</summary>
    public Http2Stream? Last { get; private set; }

    public void Add(Http2Stream stream)
    {
        if (stream.IsQueued)
        {
            return;
        }
        (stream.IsQueued, stream.NextQueued) = (true, null);
        if (Last is null)
        {
            _first = stream;
        }
        else
        {
            Last.NextQueued = stream;
        }
        Last = stream;
    }

    public bool TryTake([NotNullWhen(true)] out Http2Stream? stream)
    {
        stream = _first;
        if (stream is null)
        {
            return false;
        }
        _first = stream.NextQueued;
        Last = _first is null ? null : Last;
        (stream.IsQueued, stream.NextQueued) = (false, null);
        return true;
    }

    /// <summary>Whether some stream that waits has window left: another round is worth it.</summary>
    public readonly bool CanProgress()
    {
        for (Http2Stream? stream = _first; stream is not null; stream = stream.NextQueued)
        {
            if (stream.IsOpen && stream.SendWindow > 0)
            {
                return true;
            }
        }
        return false;
    }
}
