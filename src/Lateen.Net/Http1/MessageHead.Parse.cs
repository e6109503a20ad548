namespace Lateen.Net.Http1;

/// <summary>The incremental parser of RFC 9112 heads. Strict: what two implementations could read differently is refused.</summary>
/// <remarks>
/// Departures from Envoy, on the safe side: bare LF line ends and obs-fold are refused (RFC 9112 2.2, 5.2), repeated Content-Length is refused
/// even when equal. Each byte is looked at a bounded number of times however the peer cuts its message.
/// </remarks>
internal sealed partial class MessageHead
{
    private const int MaximumConnectionTokens = 10;

    private static readonly HttpField[] NotInTrailers =
    [
        HttpField.Host, HttpField.Connection, HttpField.KeepAlive, HttpField.ProxyConnection, HttpField.TransferEncoding, HttpField.ContentLength,
        HttpField.Te, HttpField.Upgrade, HttpField.Expect, HttpField.ContentType, HttpField.Cookie, HttpField.Trailer,
    ];

    private int _methodLength;
    private int _targetStart;
    private int _targetLength;
    private int _position;
    private int _scanned;
    private bool _startLineDone;

    /// <summary>True while part of a head has been taken in.</summary>
    public bool IsPartial => _length > 0;

    /// <summary>Takes bytes of a head.</summary>
    /// <param name="data">What was received after the bytes given before.</param>
    /// <param name="limits">Size and count limits.</param>
    /// <param name="isRequest">Request or response.</param>
    /// <param name="consumed">How much of <paramref name="data"/> belongs to the head; what follows is body or the next message.</param>
    public HeadStatus Parse(ReadOnlySpan<byte> data, in HeadLimits limits, bool isRequest, out int consumed)
    {
        int before = _length;
        if (before == 0)
        {
            int blank = 0;
            // RFC 9112 2.2: an empty line before the start line is ignored.
            while (data.Length - blank >= 2 && data[blank] == '\r' && data[blank + 1] == '\n')
            {
                blank += 2;
            }
            before = -blank;
            data = data[blank..];
        }
        // Never hold more than a head may have; a longer remainder is body or pipelined requests.
        int taken = Math.Min(data.Length, limits.MaximumBytes + 4 - Math.Max(before, 0));
        EnsureBytes(taken);
        data[..taken].CopyTo(_bytes.AsSpan(_length));
        _length += taken;
        HeadStatus status = ParseLines(limits, isRequest);
        if (status == HeadStatus.Incomplete && _length > limits.MaximumBytes)
        {
            status = HeadStatus.TooLarge;
        }
        if (status == HeadStatus.Complete)
        {
            consumed = _position - before;
            _length = ReceivedBytes = _position;
            return CheckFraming(isRequest);
        }
        consumed = taken - Math.Min(before, 0);
        return status;
    }

    /// <summary>Takes bytes of a trailer section (RFC 9112 7.1.2), to its empty line. What may not stand there (RFC 9110 6.5.1) is dropped.</summary>
    public HeadStatus ParseTrailers(ReadOnlySpan<byte> data, in HeadLimits limits, out int consumed)
    {
        _startLineDone = true;
        int before = _length;
        int taken = Math.Min(data.Length, limits.MaximumBytes + 4 - before);
        EnsureBytes(taken);
        data[..taken].CopyTo(_bytes.AsSpan(_length));
        _length += taken;
        HeadStatus status = ParseLines(limits, isRequest: true);
        consumed = taken;
        if (status == HeadStatus.Incomplete && _length > limits.MaximumBytes)
        {
            return HeadStatus.TooLarge;
        }
        if (status == HeadStatus.Complete)
        {
            consumed = _position - before;
            _length = ReceivedBytes = _position;
            foreach (HttpField field in NotInTrailers)
            {
                Remove(field);
            }
        }
        return status;
    }

    private HeadStatus ParseLines(in HeadLimits limits, bool isRequest)
    {
        while (true)
        {
            ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, _length);
            int newline = bytes[_scanned..].IndexOf((byte)'\n');
            if (newline < 0)
            {
                _scanned = _length;
                return HeadStatus.Incomplete;
            }
            int end = _scanned + newline;
            if (end == _position || bytes[end - 1] != '\r')
            {
                return HeadStatus.Malformed;
            }
            ReadOnlySpan<byte> line = bytes[_position..(end - 1)];
            int start = _position;
            _position = _scanned = end + 1;
            if (!_startLineDone)
            {
                if (!(isRequest ? ParseRequestLine(line) : ParseStatusLine(line)))
                {
                    return HeadStatus.Malformed;
                }
                _startLineDone = true;
                continue;
            }
            if (line.IsEmpty)
            {
                return HeadStatus.Complete;
            }
            if (_count == limits.MaximumFields)
            {
                return HeadStatus.TooManyFields;
            }
            int colon = line.IndexOf((byte)':');
            // RFC 9112 5.1: no blank between name and colon; a line that starts with one would be obs-fold. Both fail the token test.
            if (colon <= 0 || line[..colon].IndexOfAnyExcept(HttpSyntax.Token) >= 0)
            {
                return HeadStatus.Malformed;
            }
            ReadOnlySpan<byte> rest = line[(colon + 1)..];
            if (rest.IndexOfAny(HttpSyntax.BadInValue) >= 0)
            {
                return HeadStatus.Malformed;
            }
            int valueStart = 0, valueEnd = rest.Length;
            while (valueStart < valueEnd && rest[valueStart] is (byte)' ' or (byte)'\t')
            {
                valueStart++;
            }
            while (valueEnd > valueStart && rest[valueEnd - 1] is (byte)' ' or (byte)'\t')
            {
                valueEnd--;
            }
            AddLine(HttpFields.Find(line[..colon]), start, colon, start + colon + 1 + valueStart, valueEnd - valueStart, end + 1);
        }
    }

    private bool ParseRequestLine(ReadOnlySpan<byte> line)
    {
        int space = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (space <= 0 || last <= space + 1 || line[..space].IndexOfAnyExcept(HttpSyntax.Token) >= 0)
        {
            return false;
        }
        ReadOnlySpan<byte> target = line[(space + 1)..last];
        if (target.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) >= 0 || !ParseVersion(line[(last + 1)..]))
        {
            return false;
        }
        (_methodLength, _targetStart, _targetLength) = (space, space + 1, target.Length);
        return true;
    }

    private bool ParseStatusLine(ReadOnlySpan<byte> line)
    {
        // HTTP/1.1 200 reason; the blank after the code may be missing when there is no reason.
        if (line.Length < 12 || line[8] != ' ' || !ParseVersion(line[..8]) || (line.Length > 12 && line[12] != ' '))
        {
            return false;
        }
        if (!HttpSyntax.TryParseLength(line[9..12], out long status) || status < 100)
        {
            return false;
        }
        Status = (int)status;
        ReadOnlySpan<byte> reason = line.Length > 13 ? line[13..] : [];
        (_targetStart, _targetLength) = (_position - 2 - reason.Length, reason.Length);
        return reason.IndexOfAny(HttpSyntax.BadInValue) < 0;
    }

    private bool ParseVersion(ReadOnlySpan<byte> version)
    {
        IsHttp10 = version.SequenceEqual("HTTP/1.0"u8);
        return IsHttp10 || version.SequenceEqual("HTTP/1.1"u8);
    }

    /// <summary>RFC 9112 6: decides how the body is delimited, and refuses what leaves a doubt.</summary>
    private HeadStatus CheckFraming(bool isRequest)
    {
        ConnectionClose = IsHttp10;
        HeadStatus status = Has(HttpField.Connection) ? CheckConnection() : HeadStatus.Complete;
        if (status != HeadStatus.Complete)
        {
            return status;
        }
        if (Has(HttpField.TransferEncoding))
        {
            status = CheckTransferEncoding();
        }
        if (status == HeadStatus.Complete && Has(HttpField.ContentLength))
        {
            if (IsChunked)
            {
                return HeadStatus.LengthAndChunked;
            }
            if (CountOf(HttpField.ContentLength) > 1 || !HttpSyntax.TryParseLength(Get(HttpField.ContentLength), out long length))
            {
                return HeadStatus.Malformed;
            }
            ContentLength = length;
        }
        if (isRequest && CountOf(HttpField.Host) > 1)
        {
            return HeadStatus.Malformed;
        }
        if (isRequest && Has(HttpField.Expect))
        {
            ExpectsContinue = !IsHttp10 && HttpSyntax.EqualsIgnoreCase(Get(HttpField.Expect), "100-continue"u8);
        }
        return status;
    }

    private HeadStatus CheckTransferEncoding()
    {
        // RFC 9112 6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
        if (IsHttp10)
        {
            return HeadStatus.Malformed;
        }
        if (CountOf(HttpField.TransferEncoding) > 1 || !HttpSyntax.EqualsIgnoreCase(Get(HttpField.TransferEncoding), "chunked"u8))
        {
            return HeadStatus.UnsupportedTransferCoding;
        }
        IsChunked = true;
        return HeadStatus.Complete;
    }

    private HeadStatus CheckConnection()
    {
        int tokens = 0;
        bool upgrade = false;
        int named = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_fields[i].Field != HttpField.Connection)
            {
                continue;
            }
            ReadOnlySpan<byte> list = ValueOf(_fields[i]);
            while (HttpSyntax.NextListElement(ref list, out ReadOnlySpan<byte> token))
            {
                tokens++;
                if (HttpSyntax.EqualsIgnoreCase(token, "close"u8))
                {
                    ConnectionClose = true;
                }
                else if (HttpSyntax.EqualsIgnoreCase(token, "keep-alive"u8))
                {
                    ConnectionClose &= !IsHttp10;
                }
                else if (HttpSyntax.EqualsIgnoreCase(token, "upgrade"u8))
                {
                    upgrade = true;
                }
                else
                {
                    named++;
                }
            }
        }
        HasUpgrade = upgrade && Has(HttpField.Upgrade);
        if (tokens >= MaximumConnectionTokens)
        {
            return HeadStatus.BadConnectionField;
        }
        return named == 0 ? HeadStatus.Complete : RemoveNamed();
    }

    // RFC 9110 7.6.1: fields that Connection names are meant for this hop only. A sender must not strip what the next hop's safety rests on.
    private HeadStatus RemoveNamed()
    {
        for (int i = 0; i < _count; i++)
        {
            if (_fields[i].Field != HttpField.Connection)
            {
                continue;
            }
            ReadOnlySpan<byte> list = ValueOf(_fields[i]);
            while (HttpSyntax.NextListElement(ref list, out ReadOnlySpan<byte> token))
            {
                HttpField field = HttpFields.Find(token);
                if (field is HttpField.Host or HttpField.ContentLength or HttpField.TransferEncoding or HttpField.XForwardedFor
                    or HttpField.XForwardedProto || HttpSyntax.EqualsIgnoreCase(token, "x-forwarded-host"u8))
                {
                    return HeadStatus.BadConnectionField;
                }
                if (field is not (HttpField.Te or HttpField.Upgrade or HttpField.KeepAlive) &&
                    !HttpSyntax.EqualsIgnoreCase(token, "close"u8))
                {
                    Remove(token);
                }
            }
        }
        return HeadStatus.Complete;
    }

    private int CountOf(HttpField field)
    {
        int count = 0;
        for (int i = Math.Max(_first[(int)field] - 1, 0); i < _count; i++)
        {
            if (_fields[i].Field == field && !_fields[i].Removed)
            {
                count++;
            }
        }
        return count;
    }
}

/// <summary>Limits of a head.</summary>
/// <param name="MaximumBytes">Start line and fields together, bytes; Envoy's default is 60 KiB for requests.</param>
/// <param name="MaximumFields">Number of field lines; Envoy's default is 100.</param>
internal readonly record struct HeadLimits(int MaximumBytes, int MaximumFields)
{
    public static HeadLimits Request => new(60 * 1024, 100);

    public static HeadLimits Response => new(80 * 1024, 100);
}
