using System.Text.Json;

namespace Lateen.ControlPlane.Jwks;

/// <summary>Gets a key set over HTTP: from its address, or from the one that an issuer's OpenID configuration names.</summary>
internal sealed class KeySetSource(HttpMessageInvoker http, TimeProvider time)
{
    private const int LargestAnswer = 1024 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <returns>The text of the set; null and why not.</returns>
    public async Task<(string? Keys, string Problem)> FetchAsync(string address, bool isIssuer, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            // OpenID Connect Discovery 1.0, 4: the document's place follows from the issuer.
            var uri = isIssuer ? await DiscoverAsync(address.TrimEnd('/') + "/.well-known/openid-configuration", either.Token) : address;
            var text = await GetAsync(uri, either.Token);
            using var set = JsonDocument.Parse(text);
            return set.RootElement.ValueKind == JsonValueKind.Object && set.RootElement.TryGetProperty("keys", out var keys)
                && keys.ValueKind == JsonValueKind.Array
                ? (text, "")
                : (null, $"{uri} answers with something else than a JSON Web Key Set");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"no answer within {Limit.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or UriFormatException or IOException)
        {
            return (null, exception.Message);
        }
    }

    private async Task<string> DiscoverAsync(string uri, CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(await GetAsync(uri, cancellation));
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("jwks_uri", out var address)
            && address.ValueKind == JsonValueKind.String
            ? address.GetString()!
            : throw new JsonException($"{uri} names no jwks_uri");
    }

    private async Task<string> GetAsync(string uri, CancellationToken cancellation)
    {
        var address = new Uri(uri);
        if (address.Scheme is not ("http" or "https"))
        {
            throw new HttpRequestException($"{uri} is no http or https address");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        using var response = await http.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{uri} answers {(int)response.StatusCode}");
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int n; (n = await body.ReadAsync(buffer, cancellation)) > 0;)
        {
            text.Write(buffer, 0, n);
            if (text.Length > LargestAnswer)
            {
                throw new HttpRequestException($"{uri} answers with more than {LargestAnswer} bytes");
            }
        }

        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }
}
