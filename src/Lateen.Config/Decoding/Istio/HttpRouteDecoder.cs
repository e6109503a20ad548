using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads one rule of VirtualService.http.</summary>
internal static class HttpRouteDecoder
{
    /// <param name="isDelegate">The VirtualService has no hosts: its routes are taken over by another one.</param>
    public static HttpRoute Read(ObjectReader http, bool isDelegate)
    {
        var mirrorPercent = http["mirrorPercent"].Unsigned32(0, 100);
        var route = new HttpRoute
        {
            Name = http["name"].Text() ?? "",
            Match = http["match"].List(item => item.Message(HttpMatchDecoder.Read)),
            Route = http["route"].Messages(DestinationDecoder.ReadHttp),
            Redirect = http["redirect"].Message(HttpActionDecoder.ReadRedirect),
            DirectResponse = http["directResponse"].Message(HttpActionDecoder.ReadDirectResponse),
            Delegate = http["delegate"].Message(ReadDelegate),
            Rewrite = http["rewrite"].Message(HttpActionDecoder.ReadRewrite),
            Timeout = Timeout(http["timeout"]),
            Retries = http["retries"].Message(HttpActionDecoder.ReadRetry),
            Fault = http["fault"].Message(FaultDecoder.Read),
            Mirror = http["mirror"].Message(DestinationDecoder.Read),
            MirrorPercentage = FaultDecoder.Percentage(http["mirrorPercentage"]) ?? mirrorPercent,
            Mirrors = http["mirrors"].Messages(ReadMirror),
            CorsPolicy = http["corsPolicy"].Message(CorsDecoder.Read),
            Headers = http["headers"].Message(DestinationDecoder.ReadHeaderRules),
        };
        if (route is { Rewrite.Authority.Length: > 0, Headers.Request: { } headers }
            && (headers.Set.ContainsKey(":authority") || headers.Set.ContainsKey("host")))
        {
            http["headers"].Problem("the authority is set by rewrite and by headers", "keep one");
        }

        DestinationDecoder.CheckWeights(http["route"], route.Route.Select(destination => destination.Weight));
        CheckAction(http, route, isDelegate);
        return route;
    }

    private static void CheckAction(ObjectReader http, HttpRoute route, bool isDelegate)
    {
        if (route.Delegate is not null)
        {
            if (isDelegate)
            {
                http["delegate"].Problem("a delegate can not delegate again", "route in this VirtualService");
            }

            if (!route.Route.IsEmpty || route.Redirect is not null || route.DirectResponse is not null)
            {
                http.Problem("delegate stands together with an action of its own", "remove route, redirect and directResponse");
            }

            return;
        }

        if (route.Redirect is null && route.DirectResponse is null)
        {
            if (route.Route.IsEmpty)
            {
                http.Problem("no action", "give one of route, redirect, directResponse, delegate");
            }

            return;
        }

        var action = route.Redirect is not null ? "redirect" : "directResponse";
        if (!route.Route.IsEmpty)
        {
            http.Problem($"both route and {action} are set", "keep one");
        }

        if (route.Redirect is not null && route.DirectResponse is not null)
        {
            http.Problem("both redirect and directResponse are set", "keep one");
        }

        if (route.Fault is not null)
        {
            http["fault"].Problem($"a fault can not be put before a {action}", "remove it");
        }

        if (route.Rewrite is not null)
        {
            http["rewrite"].Problem($"a rewrite has no effect on a {action}", "remove it");
        }
    }

    private static TimeSpan? Timeout(ValueReader field)
    {
        // Zero disables the time-out; everything else counts whole milliseconds.
        return field.Node is { Text: "0" or "0s" } ? TimeSpan.Zero : field.Milliseconds();
    }

    private static DelegateReference ReadDelegate(ObjectReader reference)
    {
        var name = reference["name"].Required("name the VirtualService that holds the routes");
        var ns = reference["namespace"].Text() ?? "";
        if (ns.Length > 0 && !NameRules.IsDnsLabel(ns))
        {
            reference["namespace"].Problem($"\"{ns}\" is no namespace");
        }

        return new DelegateReference(name ?? "", ns);
    }

    private static HttpMirror ReadMirror(ObjectReader mirror)
    {
        if (!mirror["destination"].IsPresent)
        {
            mirror.Problem("a mirror without destination", "name one");
        }

        return new HttpMirror(
            mirror["destination"].Message(DestinationDecoder.Read) ?? new Destination(""),
            FaultDecoder.Percentage(mirror["percentage"]));
    }
}
