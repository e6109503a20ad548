using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>A destination that a VirtualService names, and the field that does.</summary>
internal readonly record struct RouteTarget(Destination Destination, string Path, bool IsMirror);

/// <summary>All destinations of a VirtualService in the order of its fields.</summary>
internal static class RouteTargets
{
    public static IEnumerable<RouteTarget> Of(VirtualServiceConfig service)
    {
        for (var i = 0; i < service.Http.Count; i++)
        {
            var http = service.Http[i];
            for (var j = 0; j < http.Route.Count; j++)
            {
                yield return new(http.Route[j].Destination, $"spec.http[{i}].route[{j}].destination", false);
            }

            if (http.Mirror is { } mirror)
            {
                yield return new(mirror, $"spec.http[{i}].mirror", true);
            }

            for (var j = 0; j < http.Mirrors.Count; j++)
            {
                yield return new(http.Mirrors[j].Destination, $"spec.http[{i}].mirrors[{j}].destination", true);
            }
        }

        for (var i = 0; i < service.Tls.Count; i++)
        {
            for (var j = 0; j < service.Tls[i].Route.Count; j++)
            {
                yield return new(service.Tls[i].Route[j].Destination, $"spec.tls[{i}].route[{j}].destination", false);
            }
        }

        for (var i = 0; i < service.Tcp.Count; i++)
        {
            for (var j = 0; j < service.Tcp[i].Route.Count; j++)
            {
                yield return new(service.Tcp[i].Route[j].Destination, $"spec.tcp[{i}].route[{j}].destination", false);
            }
        }
    }
}
