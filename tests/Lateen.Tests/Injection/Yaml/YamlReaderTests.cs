using System.Text.Json.Nodes;
using Lateen.Injection.Yaml;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Yaml;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: '1'\nb: yes\nc: ~\nd: 1.5\ne: 1e3\nf: 010\ng: off\nh: 0x1f\ni: 0644\nj: 09\nk: 1a", """{"a":"1","b":true,"c":null,"d":1.5,"e":1000,"f":8,"g":false,"h":31,"i":420,"j":9,"k":"1a"}""")]
    [InlineData("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", """{"a":{"b":1},"c":{"b":1},"d":{"e":2,"b":1}}""")]
    [InlineData("a: 1\na: 2", """{"a":2}""")]
    [InlineData("a: |\n  x\n  y\nb: >-\n  p\n  q", """{"a":"x\ny\n","b":"p q"}""")]
    public void Read_Document_IsWhatKubernetesReads(string yaml, string json) => YamlReader.Read(yaml)!.ToJsonString().ShouldBe(json);

    [Fact]
    public void Read_Nothing_IsNull() => YamlReader.Read("# note\n").ShouldBeNull();

    [Theory]
    [InlineData("a: [1")]
    [InlineData("a: b: c")]
    [InlineData("*x")]
    [InlineData("a:\t- [")]
    public void Read_Broken_NamesLine(string yaml) => Should.Throw<FormatException>(() => YamlReader.Read(yaml)).Message.ShouldStartWith("YAML line ");

    [Fact]
    public void Read_AliasBomb_IsRefused()
    {
        var lines = Enumerable.Range(1, 20).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]");

        Should.Throw<FormatException>(() => YamlReader.Read("a0: &a0 [x]\n" + string.Join('\n', lines))).Message.ShouldContain("more than");
    }

    [Fact]
    public void Read_DeepNesting_IsRefused() =>
        Should.Throw<FormatException>(() => YamlReader.Read(new string('[', 100_000))).Message.ShouldContain("deeper");

    [Theory]
    [InlineData("""{"a":{"b":[1,{"c":"x","d":[]}],"e":{}},"f":null}""")]
    [InlineData("""{"a":"true","b":"1","c":"","d":"- x","e":"a: b","f":"*","g":"x # y","h":"'q'","i":" s ","j":"y","k":"1.0","l":"null","m":"~"}""")]
    [InlineData("""{"a":"x\ny\n","b":"x\n\n  y","c":"tab\there","d":"two\n\n\n","e":" lead\nx","f":"trail \nx","g":"[1]","h":"{}","i":"-p","j":"---","k":"%a","l":"@b"}""")]
    [InlineData("""[["a"],[["b",{"c":1}]],{"d":[{"e":[2]}]}]""")]
    [InlineData("""{"x":"[\n    {\"name\":\"http\"}\n]","y":"é ✔","z":"a:","0":"=","A b":"c:d"}""")]
    public void Write_Json_ReadsBackTheSame(string json)
    {
        var node = JsonNode.Parse(json);

        var yaml = YamlWriter.Write(node);

        JsonNode.DeepEquals(YamlReader.Read(yaml), node).ShouldBeTrue(yaml);
    }
}
