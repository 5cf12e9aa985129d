using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace CouponAkka.Deployment.Tests;

/// <summary>A place in a YAML document; every scalar is text.</summary>
internal readonly record struct Yaml(object? Value)
{
    private static readonly IDeserializer Deserializer = new DeserializerBuilder().Build();

    /// <summary>What is under a key, or nothing.</summary>
    public Yaml this[string key] => new(Value is Dictionary<object, object> map ? map.GetValueOrDefault(key) : null);

    public string? Text => Value as string;

    public int Number => int.Parse(Text ?? throw new InvalidOperationException("There is no number."), System.Globalization.CultureInfo.InvariantCulture);

    public IEnumerable<Yaml> Items => Value is List<object> list ? list.Select(item => new Yaml(item)) : [];

    public IEnumerable<(string Key, Yaml Value)> Fields =>
        Value is Dictionary<object, object> map ? map.Select(entry => ((string)entry.Key, new Yaml(entry.Value))) : [];

    public static IReadOnlyList<Yaml> ParseAll(string text)
    {
        var parser = new MergingParser(new Parser(new StringReader(text)));
        var documents = new List<Yaml>();
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
            documents.Add(new Yaml(Deserializer.Deserialize<object>(parser)));
        return documents;
    }
}
