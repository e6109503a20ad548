namespace Lateen.Proxy.Routing;

/// <summary>envoy.config.route.v3.QueryParameterMatcher, compiled. The first parameter of the name counts; values are compared as sent.</summary>
internal sealed record QueryMatcher(byte[] Name, StringMatcher? Value)
{
    public bool Matches(ReadOnlySpan<byte> query) => TryFind(query, Name, out ReadOnlySpan<byte> value) && (Value is null || Value.Matches(value));

    /// <summary>Finds the first parameter of a name.</summary>
    public static bool TryFind(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!query.IsEmpty)
        {
            int ampersand = query.IndexOf((byte)'&');
            ReadOnlySpan<byte> pair = ampersand < 0 ? query : query[..ampersand];
            query = ampersand < 0 ? [] : query[(ampersand + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if ((equals < 0 ? pair : pair[..equals]).SequenceEqual(name))
            {
                value = equals < 0 ? [] : pair[(equals + 1)..];
                return true;
            }
        }
        value = [];
        return false;
    }
}
