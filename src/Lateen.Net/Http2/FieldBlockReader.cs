using System.Buffers;
using Lateen.Net.Http1;

namespace Lateen.Net.Http2;

/// <summary>Makes a <see cref="MessageHead"/> of a decoded field block, by the rules of RFC 9113 8.2 and 8.3: what could be read as something else over HTTP/1 is refused.</summary>
/// <remarks>
/// The block is read to its end whatever it holds (the HPACK table must follow), but nothing is kept from the first fault or from the limit on. Cookie crumbs are put
/// together (8.2.3); each counts against both limits, so that a block of one-byte references cannot grow without end.
/// </remarks>
internal sealed class FieldBlockReader
{
    private static readonly SearchValues<byte> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);

    private readonly HeadLimits _limits;
    private byte[] _pseudo = new byte[512];
    private int _pseudoLength;
    private (int Start, int Length) _method, _scheme, _authority, _path, _protocol;
    private byte[] _cookie = [];
    private int _cookieLength;
    private MessageHead? _head;
    private Kind _kind;
    private bool _started;
    private bool _hasRegular;
    private int _bytes;
    private int _fields;
    private int _responseStatus;
    private long _contentLength;
    private bool _expectsContinue;
    private FieldBlockStatus _status;

    public FieldBlockReader(HeadLimits limits) => _limits = limits;

    private enum Kind : byte
    {
        Request,
        Response,
        Trailers,
        Discarded,
    }

    /// <summary>:scheme of the last request is https.</summary>
    public bool IsHttps => Pseudo(_scheme).SequenceEqual("https"u8);

    /// <summary>:protocol of the last request (RFC 8441), empty without.</summary>
    public ReadOnlySpan<byte> Protocol => Pseudo(_protocol);

    public void BeginRequest(MessageHead head) => Begin(head, Kind.Request);

    public void BeginResponse(MessageHead head) => Begin(head, Kind.Response);

    public void BeginTrailers(MessageHead head) => Begin(head, Kind.Trailers);

    /// <summary>The block belongs to a stream that is no more.</summary>
    public void BeginDiscarded() => Begin(null, Kind.Discarded);

    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_status != FieldBlockStatus.Complete || _kind == Kind.Discarded)
        {
            return;
        }
        _bytes += name.Length + value.Length;
        if (_bytes > _limits.MaximumBytes)
        {
            _status = FieldBlockStatus.TooLarge;
            return;
        }
        bool ok = !name.IsEmpty && name[0] == ':' ? TakePseudo(name, value) : TakeField(name, value);
        if (!ok)
        {
            _status = FieldBlockStatus.Malformed;
        }
    }

    /// <summary>The block is over. The head is good for use only if this says complete.</summary>
    public FieldBlockStatus Finish()
    {
        if (_status != FieldBlockStatus.Complete || _kind is Kind.Discarded)
        {
            return _status;
        }
        if (_kind != Kind.Trailers && !_started && !Start())
        {
            return FieldBlockStatus.Malformed;
        }
        if (_cookieLength > 0)
        {
            _head!.Add(HttpField.Cookie, _cookie.AsSpan(0, _cookieLength));
        }
        _head!.SetFraming(_contentLength, _expectsContinue, _bytes);
        return FieldBlockStatus.Complete;
    }

    private void Begin(MessageHead? head, Kind kind)
    {
        head?.Reset();
        (_head, _kind, _started, _hasRegular, _status) = (head, kind, false, false, FieldBlockStatus.Complete);
        (_method, _scheme, _authority, _path, _protocol) = (default, default, default, default, default);
        (_pseudoLength, _cookieLength, _bytes, _fields, _responseStatus) = (0, 0, 0, 0, 0);
        (_contentLength, _expectsContinue) = (-1, false);
        if (_cookie.Length > 4096)
        {
            _cookie = [];
        }
        if (_pseudo.Length > 8192)
        {
            _pseudo = new byte[512];
        }
    }

    // 8.3: known ones only, each once, all before the regular fields, none in trailers.
    private bool TakePseudo(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_hasRegular || _kind == Kind.Trailers)
        {
            return false;
        }
        if (_kind == Kind.Response)
        {
            bool first = _responseStatus == 0;
            return first && name.SequenceEqual(":status"u8) && value.Length == 3 && HttpSyntax.TryParseLength(value, out long status)
                && (_responseStatus = (int)status) >= 100;
        }
        return name.Length switch
        {
            7 when name.SequenceEqual(":method"u8) => HttpSyntax.IsToken(value) && Keep(ref _method, value),
            7 when name.SequenceEqual(":scheme"u8) => HttpSyntax.IsToken(value) && Keep(ref _scheme, value),
            5 when name.SequenceEqual(":path"u8) => IsVisible(value) && Keep(ref _path, value),
            10 when name.SequenceEqual(":authority"u8) => IsVisible(value) && Keep(ref _authority, value),
            9 when name.SequenceEqual(":protocol"u8) => HttpSyntax.IsToken(value) && Keep(ref _protocol, value),
            _ => false,
        };
    }

    private bool TakeField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (++_fields > _limits.MaximumFields)
        {
            _status = FieldBlockStatus.TooManyFields;
            return true;
        }
        _hasRegular = true;
        if (!IsFieldName(name) || !IsFieldValue(value) || (_kind != Kind.Trailers && !_started && !Start()))
        {
            return false;
        }
        HttpField field = HttpFields.Find(name);
        switch (field)
        {
            // 8.2.2: what speaks of the connection has no place here.
            case HttpField.Connection or HttpField.KeepAlive or HttpField.ProxyConnection or HttpField.TransferEncoding or HttpField.Upgrade:
                return false;
            case HttpField.Te when !HttpSyntax.EqualsIgnoreCase(value, "trailers"u8):
                return false;
            // RFC 9110 6.5.1: fields of framing and routing do not belong behind the body.
            case HttpField.Host or HttpField.ContentLength when _kind == Kind.Trailers:
                return true;
            case HttpField.ContentLength:
                if (_contentLength >= 0 || !HttpSyntax.TryParseLength(value, out _contentLength))
                {
                    return false;
                }
                break;
            // 8.3.1: a Host that differs from :authority makes the message malformed; an equal one says nothing new.
            case HttpField.Host when _kind == Kind.Request && _head!.Has(HttpField.Host):
                return HttpSyntax.EqualsIgnoreCase(value, _head.Get(HttpField.Host));
            case HttpField.Cookie when _kind == Kind.Request:
                KeepCookie(value);
                return true;
            case HttpField.Expect when _kind == Kind.Request:
                _expectsContinue = HttpSyntax.EqualsIgnoreCase(value, "100-continue"u8);
                break;
        }
        _head!.Add(field, name, value);
        return true;
    }

    // All pseudo-headers are there: the start line.
    private bool Start()
    {
        _started = true;
        if (_kind == Kind.Response)
        {
            if (_responseStatus == 0)
            {
                return false;
            }
            _head!.StartResponse(_responseStatus);
            return true;
        }
        ReadOnlySpan<byte> method = Pseudo(_method), path = Pseudo(_path);
        bool connect = method.SequenceEqual("CONNECT"u8);
        // 8.3.1 and 8.5: CONNECT has neither scheme nor path, unless it is extended (RFC 8441 4).
        bool plainConnect = connect && _protocol.Length == 0;
        if (method.IsEmpty || (_protocol.Length > 0 && !connect) || (plainConnect ? _scheme.Length > 0 || !path.IsEmpty : _scheme.Length == 0 || path.IsEmpty))
        {
            return false;
        }
        ReadOnlySpan<byte> authority = Pseudo(_authority);
        _head!.StartRequest(method, plainConnect ? authority : path);
        if (!authority.IsEmpty)
        {
            _head.Add(HttpField.Host, authority);
        }
        return !plainConnect || !authority.IsEmpty;
    }

    private bool Keep(ref (int Start, int Length) slot, ReadOnlySpan<byte> value)
    {
        if (slot.Length > 0 || value.IsEmpty)
        {
            return false;
        }
        if (_pseudoLength + value.Length > _pseudo.Length)
        {
            Array.Resize(ref _pseudo, Math.Max(_pseudoLength + value.Length, _pseudo.Length * 2));
        }
        value.CopyTo(_pseudo.AsSpan(_pseudoLength));
        slot = (_pseudoLength, value.Length);
        _pseudoLength += value.Length;
        return true;
    }

    private void KeepCookie(ReadOnlySpan<byte> crumb)
    {
        int needed = _cookieLength + crumb.Length + 2;
        if (_cookie.Length < needed)
        {
            Array.Resize(ref _cookie, Math.Max(needed, Math.Max(256, _cookie.Length * 2)));
        }
        if (_cookieLength > 0)
        {
            "; "u8.CopyTo(_cookie.AsSpan(_cookieLength));
            _cookieLength += 2;
        }
        crumb.CopyTo(_cookie.AsSpan(_cookieLength));
        _cookieLength += crumb.Length;
    }

    private ReadOnlySpan<byte> Pseudo((int Start, int Length) slot) => _pseudo.AsSpan(slot.Start, slot.Length);

    // 8.2.1: token characters, none of them in upper case.
    private static bool IsFieldName(ReadOnlySpan<byte> name) => !name.IsEmpty && name.IndexOfAnyExcept(NameCharacters) < 0;

    // 8.2.1: no control characters, no blank at either end.
    private static bool IsFieldValue(ReadOnlySpan<byte> value) =>
        value.IndexOfAny(HttpSyntax.BadInValue) < 0
        && (value.IsEmpty || (value[0] is not ((byte)' ' or (byte)'\t') && value[^1] is not ((byte)' ' or (byte)'\t')));

    private static bool IsVisible(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) < 0;
}
