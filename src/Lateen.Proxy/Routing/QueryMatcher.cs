namespace Lateen.Proxy.Routing;

/// <summary>envoy.config.route.v3.QueryParameterMatcher, compiled. The first parameter of the name counts; values are compared as sent.</summary>
internal sealed record QueryMatcher(byte[] Name, StringMatcher? Value)
{
    public bool Matches(ReadOnlySpan<byte> query)
    {
        while (!query.IsEmpty)
        {
            int ampersand = query.IndexOf((byte)'&');
            ReadOnlySpan<byte> pair = ampersand < 0 ? query : query[..ampersand];
            query = ampersand < 0 ? [] : query[(ampersand + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if ((equals < 0 ? pair : pair[..equals]).SequenceEqual(Name))
            {
                return Value is null || Value.Matches(equals < 0 ? [] : pair[(equals + 1)..]);
            }
        }
        return false;
    }
}
