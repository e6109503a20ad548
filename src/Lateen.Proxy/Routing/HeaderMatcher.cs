using System.Buffers.Text;
using Lateen.Net.Http1;

namespace Lateen.Proxy.Routing;

/// <summary>envoy.config.route.v3.HeaderMatcher, compiled.</summary>
/// <remarks>
/// Envoy: a missing header never matches a value condition, not even an inverted one, unless treat_missing_header_as_empty; presence can be
/// inverted. Repeated headers are joined with a comma.
/// </remarks>
internal sealed class HeaderMatcher
{
    private const int JoinLimit = 8192;

    public required byte[] Name { get; init; }

    /// <summary>Null for presence and range.</summary>
    public StringMatcher? Value { get; init; }

    /// <summary>[start, end); null if not a range.</summary>
    public (long Start, long End)? Range { get; init; }

    /// <summary>present_match: true or false; null if a value is looked at.</summary>
    public bool? Present { get; init; }

    public bool Invert { get; init; }

    public bool MissingIsEmpty { get; init; }

    public bool Matches(in RouteQuery query)
    {
        bool found = TryGet(query, out ReadOnlySpan<byte> value, out int second);
        return Decide(query.Head, found, value, second);
    }

    /// <summary>Looks at a head without request line (a response).</summary>
    public bool Matches(MessageHead head)
    {
        bool found = TryGetField(head, out ReadOnlySpan<byte> value, out int second);
        return Decide(head, found, value, second);
    }

    private bool Decide(MessageHead head, bool found, ReadOnlySpan<byte> value, int second)
    {
        if (Present is { } present)
        {
            return (found == present) != Invert;
        }
        if (!found && !MissingIsEmpty)
        {
            return false;
        }
        return (second < 0 ? MatchesValue(value) : MatchesJoined(head, value, second)) != Invert;
    }

    private bool MatchesValue(ReadOnlySpan<byte> value)
    {
        if (Range is { } range)
        {
            return Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length && number >= range.Start
                && number < range.End;
        }
        return Value is null || Value.Matches(value);
    }

    private bool MatchesJoined(MessageHead head, ReadOnlySpan<byte> first, int second)
    {
        Span<byte> joined = stackalloc byte[JoinLimit];
        if (first.Length > JoinLimit)
        {
            return false;
        }
        first.CopyTo(joined);
        int length = first.Length;
        for (int i = second; i >= 0; i = head.IndexOf(Name, i + 1))
        {
            ReadOnlySpan<byte> next = head.ValueOf(head.Fields[i]);
            if (length + 1 + next.Length > JoinLimit)
            {
                return false;
            }
            joined[length++] = (byte)',';
            next.CopyTo(joined[length..]);
            length += next.Length;
        }
        return MatchesValue(joined[..length]);
    }

    private bool TryGet(in RouteQuery query, out ReadOnlySpan<byte> value, out int second)
    {
        if (Name[0] == ':')
        {
            second = -1;
            return TryGetPseudo(query, out value);
        }
        return TryGetField(query.Head, out value, out second);
    }

    private bool TryGetField(MessageHead head, out ReadOnlySpan<byte> value, out int second)
    {
        int first = head.IndexOf(Name, 0);
        value = first < 0 ? [] : head.ValueOf(head.Fields[first]);
        second = first < 0 ? -1 : head.IndexOf(Name, first + 1);
        return first >= 0;
    }

    private bool TryGetPseudo(in RouteQuery query, out ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> name = Name;
        if (name.SequenceEqual(":method"u8))
        {
            value = query.Head.Method;
        }
        else if (name.SequenceEqual(":path"u8))
        {
            value = query.Head.Target;
        }
        else if (name.SequenceEqual(":authority"u8))
        {
            value = query.Head.Get(HttpField.Host);
        }
        else if (name.SequenceEqual(":scheme"u8))
        {
            value = query.Scheme;
        }
        else
        {
            value = [];
            return false;
        }
        return true;
    }
}
