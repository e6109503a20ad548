using Lateen.Config.Sources.Files;

namespace Lateen.Config.Analysis;

/// <summary>The ingress gateway that an analysis of files alone takes for granted, so that Gateways which select it are not reported.</summary>
public static class DummyGateway
{
    /// <summary>Its pod and its Service, whose name the mesh configuration has.</summary>
    public static IEnumerable<ConfigDocument> Objects(string istioNamespace, string ingressService) => ConfigText.Read(
        $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{ingressService}}}, namespace: {{{istioNamespace}}}, labels: {istio: ingressgateway}}
        spec: {containers: [{name: istio-proxy}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{{ingressService}}}, namespace: {{{istioNamespace}}}, labels: {istio: ingressgateway}}
        spec:
          selector: {istio: ingressgateway}
          ports:
          - {name: http2, port: 80}
          - {name: https, port: 443}
          - {name: tcp, port: 31400}
          - {name: tls, port: 15443}
        """,
        null,
        istioNamespace,
        []);
}
