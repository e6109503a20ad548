using System.Globalization;
using Envoy.Type.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using EnvoyCors = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;

namespace Lateen.Translation.Routes;

/// <summary>Cross-origin settings of a route.</summary>
internal static class CorsPolicies
{
    public static EnvoyCors Build(CorsPolicy policy)
    {
        var result = new EnvoyCors
        {
            AllowMethods = string.Join(",", policy.AllowMethods),
            AllowHeaders = string.Join(",", policy.AllowHeaders),
            ExposeHeaders = string.Join(",", policy.ExposeHeaders),
            AllowCredentials = policy.AllowCredentials,
            FilterEnabled = new()
            {
                DefaultValue = new() { Numerator = 100, Denominator = FractionalPercent.Types.DenominatorType.Hundred },
            },
        };
        if (policy.MaxAge is { } age)
        {
            result.MaxAge = ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        foreach (var origin in policy.AllowOrigins)
        {
            result.AllowOriginStringMatch.Add(RouteMatches.Text(origin));
        }

        if (policy.AllowOrigins.IsEmpty)
        {
            foreach (var origin in policy.AllowOrigin)
            {
                result.AllowOriginStringMatch.Add(RouteMatches.Text(
                    origin == "*" ? StringMatch.Regex(".*") : StringMatch.Exact(origin)));
            }
        }

        return result;
    }
}
