using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Filters.Rbac;

/// <summary>One condition of a permission or a principal (envoy.config.rbac.v3), compiled; permissions and principals differ only in what they may name.</summary>
internal abstract class RbacMatcher
{
    public abstract bool Matches(in RbacFacts facts);

    public sealed class Always : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => true;
    }

    public sealed class All(RbacMatcher[] parts) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts)
        {
            foreach (RbacMatcher part in parts)
            {
                if (!part.Matches(facts))
                {
                    return false;
                }
            }
            return true;
        }
    }

    public sealed class Any(RbacMatcher[] parts) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts)
        {
            foreach (RbacMatcher part in parts)
            {
                if (part.Matches(facts))
                {
                    return true;
                }
            }
            return false;
        }
    }

    public sealed class Not(RbacMatcher part) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => !part.Matches(facts);
    }

    public sealed class Header(HeaderMatcher header) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => facts.IsRequest && header.Matches(facts.Query);
    }

    /// <summary>The path without its query.</summary>
    public sealed class Path(StringMatcher path) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => facts.IsRequest && path.Matches(facts.Query.Path);
    }

    public sealed class Destination(Cidr range) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => range.Contains(facts.Destination);
    }

    /// <summary>From <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public sealed class DestinationPort(int start, int end) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => facts.Destination.Port >= start && facts.Destination.Port < end;
    }

    public sealed class ServerName(StringMatcher name) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => TextBytes.Matches(name, facts.ServerName);
    }

    public sealed class DirectRemote(Cidr range) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => range.Contains(facts.Direct);
    }

    public sealed class Remote(Cidr range) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => range.Contains(facts.Remote);
    }

    /// <summary>The peer's verified identity; without a name any identity will do.</summary>
    public sealed class Peer(StringMatcher? name) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) =>
            facts.PeerPrincipal.Length > 0 && (name is null || TextBytes.Matches(name, facts.PeerPrincipal));
    }

    public sealed class Metadata(MetadataMatcher matcher) : RbacMatcher
    {
        public override bool Matches(in RbacFacts facts) => matcher.Matches(facts.Metadata);
    }
}
