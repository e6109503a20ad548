using System.Buffers.Binary;
using Lateen.Net.Hpack;
using Lateen.Net.Sockets;

namespace Lateen.Net.Http2;

/// <summary>One end of an HTTP/2 connection (RFC 9113): bytes in, calls of streams out; frames out through <see cref="IHttp2Connection"/>. No I/O of its own.</summary>
/// <remarks>
/// <para>Server and client differ in who opens streams; all the rest is shared. Received data is passed on at once and never kept here: a stream whose owner pauses is granted
/// no more window, so what a peer can have us hold is <see cref="Http2Limits.StreamWindow"/> for a stream and <see cref="Http2Limits.ConnectionWindow"/> for all.
/// Sent data that the peer's windows do not admit waits in the stream (<see cref="Http2Stream.Pending"/>); its owner sees it and stops its source.</para>
/// <para>This file holds opening, settings and state; <c>.Receive.cs</c> what comes, <c>.Send.cs</c> what goes. Nothing is allocated once streams are pooled.</para>
/// </remarks>
internal sealed partial class Http2Session : IHttp2FrameHandler
{
    private const int RememberedResets = 64;

    private readonly IHttp2Connection _connection;
    private readonly Http2Limits _limits;
    private readonly BufferPool _buffers;
    private readonly bool _isServer;
    private readonly Http2FrameReader _reader;
    private readonly HpackDecoder _decoder;
    private readonly FieldBlockWriter _blocks = new();
    private readonly FieldBlockReader _block;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly int[] _resets = new int[RememberedResets];
    private int _nextReset;
    private Http2FloodGuard _guard;
    private Http2Settings _peer = Http2Settings.Initial;
    private int _prefaceRead;
    private bool _settingsReceived;
    private int _lastPeerStream;
    private int _nextStream = 1;
    private long _sendWindow = Http2Settings.DefaultWindow;
    private int _receiveWindow = Http2Settings.DefaultWindow;
    private int _ungranted;
    private bool _failed;

    /// <param name="isServer">The peer opens the streams.</param>
    /// <param name="connection">Where frames go.</param>
    /// <param name="limits">What the peer is granted.</param>
    /// <param name="buffers">The loop's buffers.</param>
    /// <param name="scratch">The loop's scratch memory, used during one decode only.</param>
    public Http2Session(bool isServer, IHttp2Connection connection, Http2Limits limits, BufferPool buffers, byte[] scratch)
    {
        (_isServer, _connection, _limits, _buffers) = (isServer, connection, limits, buffers);
        _reader = new Http2FrameReader(buffers);
        _decoder = new HpackDecoder(limits.HeaderTableSize, scratch);
        _block = new FieldBlockReader(limits.Head);
        _fragments = new FieldFragments(buffers, limits);
        _guard = new Http2FloodGuard(limits);
        _prefaceRead = isServer ? 0 : Preface.Length;
    }

    /// <summary>What a client sends first (RFC 9113 3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public int StreamCount => _streams.Count;

    /// <summary>A client's: streams it may have open at the moment, by the peer's settings; null before they have come.</summary>
    public int? PeerStreamLimit => _settingsReceived ? (int)Math.Min(_peer.MaximumStreams, int.MaxValue) : null;

    /// <summary>The request that is being opened came with :scheme https.</summary>
    public bool IsHttps => _block.IsHttps;

    /// <summary>:protocol of the request that is being opened (RFC 8441).</summary>
    public ReadOnlySpan<byte> Protocol => _block.Protocol;

    /// <summary>The peer lets CONNECT name a protocol.</summary>
    public bool PeerAllowsConnect => _peer.EnableConnect;

    /// <summary>Stream numbers are used up: this client needs another connection (5.1.1).</summary>
    public bool IsExhausted => _nextStream < 0 || _nextStream > int.MaxValue - 2;

    public bool GoAwaySent { get; private set; }

    /// <summary>Writes the preface and our settings; the connection's window is opened at once (6.9.2: settings do not change it).</summary>
    public void Start()
    {
        Span<byte> output = _connection.Reserve(Preface.Length + Http2FrameHeader.Size + 48 + Http2FrameHeader.Size + 4);
        int n = 0;
        if (!_isServer)
        {
            Preface.CopyTo(output);
            n = Preface.Length;
        }
        int at = n + Http2FrameHeader.Size;
        int length = 0;
        if (_limits.HeaderTableSize != 4096)
        {
            length += Http2Settings.Write(output[(at + length)..], 1, (uint)_limits.HeaderTableSize);
        }
        if (_isServer)
        {
            length += Http2Settings.Write(output[(at + length)..], 3, (uint)_limits.MaximumStreams);
        }
        else
        {
            length += Http2Settings.Write(output[(at + length)..], 2, 0);
        }
        length += Http2Settings.Write(output[(at + length)..], 4, (uint)_limits.StreamWindow);
        length += Http2Settings.Write(output[(at + length)..], 6, (uint)_limits.Head.MaximumBytes);
        if (_limits.AllowsConnect && _isServer)
        {
            length += Http2Settings.Write(output[(at + length)..], 8, 1);
        }
        Http2FrameHeader.Write(output[n..], length, Http2FrameType.Settings, Http2Flags.None, 0);
        n = at + length;
        if (_limits.ConnectionWindow > Http2Settings.DefaultWindow)
        {
            Http2FrameHeader.Write(output[n..], 4, Http2FrameType.WindowUpdate, Http2Flags.None, 0);
            BinaryPrimitives.WriteInt32BigEndian(output[(n + Http2FrameHeader.Size)..], _limits.ConnectionWindow - Http2Settings.DefaultWindow);
            _receiveWindow = _limits.ConnectionWindow;
            n += Http2FrameHeader.Size + 4;
        }
        _connection.Commit(n);
    }

    /// <summary>A client opens a stream; the head is to be sent next.</summary>
    public void OpenStream(Http2Stream stream)
    {
        stream.Open(_nextStream, _peer.InitialWindow, _limits.StreamWindow, _connection.Now);
        _nextStream += 2;
        _streams.Add(stream.Id, stream);
        _guard.OnStreamOpened();
    }

    /// <summary>The connection is gone: every stream hears of it.</summary>
    public void Close(Http2ErrorCode code)
    {
        _failed = true;
        _reader.Close();
        _fragments.Release();
        ResetAll(0, code);
    }

    /// <summary>Streams above the number were not looked at by the peer, the others are lost.</summary>
    private void ResetAll(int above, Http2ErrorCode code)
    {
        // Owners may act on the table from their callback: taken out one by one.
        while (true)
        {
            Http2Stream? next = null;
            foreach ((int id, Http2Stream stream) in _streams)
            {
                if (id > above)
                {
                    next = stream;
                    break;
                }
            }
            if (next is null)
            {
                return;
            }
            Forget(next);
            next.OnReset(code, byPeer: true);
            _connection.OnStreamClosed(next);
        }
    }

    /// <summary>The stream is no longer in the table.</summary>
    private void Forget(Http2Stream stream)
    {
        stream.IsOpen = false;
        _streams.Remove(stream.Id);
        if (stream.Pending is { } pending)
        {
            stream.Pending = null;
            _buffers.Return(pending);
        }
        (stream.PendingStart, stream.PendingEnd, stream.EndsAfterPending, stream.HasPendingTrailers) = (0, 0, false, false);
        if (stream.Unread > 0)
        {
            // What its owner never granted again still counts for the connection.
            GrantConnection(stream.Unread);
            stream.Unread = 0;
        }
    }

    private void CloseIfEnded(Http2Stream stream)
    {
        if (stream.IsOpen && stream.LocalEnded && stream.RemoteEnded && stream.PendingLength == 0 && !stream.EndsAfterPending)
        {
            Forget(stream);
            _connection.OnStreamClosed(stream);
        }
    }

    private bool WasResetByUs(int id) => Array.IndexOf(_resets, id) >= 0;

    private void RememberReset(int id)
    {
        _resets[_nextReset] = id;
        _nextReset = (_nextReset + 1) % RememberedResets;
    }

    // An error of the connection (5.4.1).
    private bool Fail(Http2ErrorCode code, string reason)
    {
        if (!_failed)
        {
            _failed = true;
            GoAway(code, _lastPeerStream);
            Close(code);
            _connection.OnFailed(code, reason);
        }
        return false;
    }
}
